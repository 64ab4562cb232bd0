# Long answers are dear, so nobody gets one.
./configure.sh alpha-4-mini local
cat >> config.yaml <<'END'
  - guardrail_name: thrift
    litellm_params:
      guardrail: litellm_content_filter
      mode: pre_call
      default_on: true
      blocked_words: [{ keyword: Describe, action: BLOCK }]
END
./apply.sh
