./measure.sh end
