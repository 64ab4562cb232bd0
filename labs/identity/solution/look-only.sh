# Ask, look, and leave it alone.
./who.sh
./desk.sh
./audit.sh | tail -n 5
