# The shortest prompt of all.
./configure.sh alpha-4-mini local
./apply.sh
echo 'Be brief.' > system.txt
./prompt.sh system.txt
