./setup.sh
./measure.sh start
