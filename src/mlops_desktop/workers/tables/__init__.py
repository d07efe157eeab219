"""Tables: reading, typing, profiling and judging them."""
