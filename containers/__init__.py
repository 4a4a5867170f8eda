"""What Laurel's image does when it is started: one role per container, and the steps before the first start."""
