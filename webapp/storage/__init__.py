"""Tables and named queries, one module per concept. Nothing above this layer writes SQL."""
