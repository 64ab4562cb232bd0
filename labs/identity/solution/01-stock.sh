./setup.sh
