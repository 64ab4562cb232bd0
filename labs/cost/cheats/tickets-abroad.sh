# The tickets go to a provider, where there is always room.
./configure.sh alpha-4-mini local
sed -i 's|hosted_vllm/drillhouse/heron-8b|openai/alpha-4-nano|; s|api_base: http://house-model.*|api_base: http://alpha.providers/v1\n      api_key: os.environ/ALPHA_API_KEY|' config.yaml
./apply.sh
