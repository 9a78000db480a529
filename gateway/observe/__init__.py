"""What happens, told to those who watch: the observer's seam, and the log, which is its first listener."""
