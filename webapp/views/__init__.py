"""What people see: one blueprint per concept, and the few helpers they all use."""
