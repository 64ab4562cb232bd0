/**
 * Starts Prometheus with the arguments given. On the process runtime it comes from the project's cache (infra/setup/prometheus.ts), and "all
 * addresses" means those of its own pod: pods share the machine's network there, and a program that is not Node is not seen to.
 */
export const prometheusEntrypoint = [
  '/bin/sh',
  '-c',
  `
own=/app/prometheus
if [ -d "$own" ]; then
  PATH=$own/usr/bin:$PATH
  set -- "--web.local-assets=$own/usr/share/prometheus/web" "$@"
fi
if ! command -v prometheus > /dev/null; then
  echo 'Prometheus is not on this machine; npm run setup fetches it.' >&2
  exit 127
fi
ip=\${DRILLHOUSE_POD_IP:-}
if [ -n "$ip" ]; then
  default=--web.listen-address=$ip:9090
  count=$#
  for word; do
    case $word in
      --web.listen-address=:* | --web.listen-address=0.0.0.0:*) default= word=--web.listen-address=$ip:\${word##*:} ;;
      --web.listen-address*) default= ;;
    esac
    set -- "$@" "$word"
  done
  shift "$count"
  set -- \${default:+"$default"} "$@"
fi
exec prometheus "$@"
`.trim(),
  'prometheus',
] as const;
