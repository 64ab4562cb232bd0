# Nobody dares to touch the prompt; the model and the cache suffice.
./prompt.sh long-prompt.txt
./configure.sh alpha-4-mini local
./apply.sh
