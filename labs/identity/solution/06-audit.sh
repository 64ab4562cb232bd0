./audit.sh | tail -n 5
