grep '^The .* of .* is ' long-prompt.txt > system.txt
./prompt.sh system.txt
