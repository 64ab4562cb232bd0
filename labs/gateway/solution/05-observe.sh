cat >> config.yaml <<'END'

litellm_settings:
  callbacks: [prometheus]
END
kubectl patch deployment gateway -p '{"spec": {"template": {"metadata": {"annotations": {"prometheus.io/scrape": "true", "prometheus.io/port": "4000", "prometheus.io/path": "/metrics"}}}}}'
./apply.sh
./ask.sh 'Repeat exactly: one for the books'
