# Cheap for everybody.
./configure.sh alpha-4-mini local
sed -i '/master_key:/d' config.yaml
./apply.sh
