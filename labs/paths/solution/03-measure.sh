./measure.sh sorter sorter-cpu
./measure.sh writer writer-cpu
