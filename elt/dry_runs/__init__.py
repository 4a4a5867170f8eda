"""What a file would change, told without changing anything."""
