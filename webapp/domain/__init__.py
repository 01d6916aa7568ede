"""Pure rules: no clock, no I/O, no framework. Every rule here can be tested by a table of cases."""
