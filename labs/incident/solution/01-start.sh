./start.sh
