"""What ./start.sh needs to run the whole stack on one machine, without Docker and without root."""
