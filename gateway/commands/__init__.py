"""What the `gateway` command does, by subject; the parameters of a function are those of the command line."""
