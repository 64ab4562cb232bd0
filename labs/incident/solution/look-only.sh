# Ask, look, and leave it alone.
./ask.sh 'What is the deadline of expense claims?'
./ask-model.sh 'Repeat exactly: all is well'
curl -s http://retrieval.{{namespace}}.svc:8080/index
