{{- /* What a schema cannot say, or not in words that help. */ -}}
{{- define "drillhouse.check" -}}
{{- if not .Values.publicUrl }}
{{- fail "publicUrl is missing: set it to the address people open, e.g. --set publicUrl=https://drillhouse.example.com" }}
{{- end }}
{{- if and (gt (int .Values.replicas) 1) (not .Values.redis.existingSecret) }}
{{- fail (printf "replicas is %d, but redis.existingSecret is not set: without Redis a second server would refuse the database. Name a Secret with Redis' URL, or set replicas to 1." (int .Values.replicas)) }}
{{- end }}
{{- if .Values.redis.existingSecret }}
{{- if not .Values.database.existingSecret }}
{{- fail "redis.existingSecret is set, but database.existingSecret is not: several servers cannot share SQLite. Name a Secret with PostgreSQL's URL, or leave Redis out." }}
{{- end }}
{{- if not .Values.keysSecret.existingSecret }}
{{- fail "redis.existingSecret is set, but keysSecret.existingSecret is not: servers that share no volume keep the keys that sign badges in PostgreSQL, and under a secret. Make one with `openssl rand -base64 32`, put it in a Secret and name it here." }}
{{- end }}
{{- if and .Values.persistence.enabled (gt (int .Values.replicas) 1) }}
{{- fail (printf "replicas is %d and persistence.enabled is true, but several servers share no volume: they keep everything in PostgreSQL. Set persistence.enabled to false. What a single server left on its volume moves when one server starts on it with Redis: see docs/operations.md." (int .Values.replicas)) }}
{{- end }}
{{- end }}
{{- if lt (int .Values.terminationGracePeriodSeconds) (add (int .Values.preStopSeconds) 20) }}
{{- fail (printf "terminationGracePeriodSeconds is %d: after preStopSeconds (%d) the server takes up to 15 s to hand its work over, and would be killed meanwhile. Set it to %d or more." (int .Values.terminationGracePeriodSeconds) (int .Values.preStopSeconds) (add (int .Values.preStopSeconds) 20)) }}
{{- end }}
{{- if and (not .Values.persistence.enabled) (not .Values.database.existingSecret) }}
{{- fail "Neither database.existingSecret nor persistence.enabled is set: everything would be lost with the pod. Name a Secret with PostgreSQL's URL, or enable persistence." }}
{{- end }}
{{- if and .Values.serviceMonitor.enabled (not .Values.serviceMonitor.tokenSecret.name) }}
{{- fail "serviceMonitor.tokenSecret.name is missing: /metrics is answered only to an administrator's API token with the scope metrics:read. Make one under Your account, put it in a Secret and name it here." }}
{{- end }}
{{- if and (not .Values.serviceAccount.create) (not .Values.serviceAccount.name) .Values.rbac.create }}
{{- fail "rbac.create would bind the orchestrator's ClusterRole to the namespace's default ServiceAccount, and so to every pod there. Name another one in serviceAccount.name, or let the chart create it." }}
{{- end }}
{{- range .Values.clusters }}
{{- if not .registry }}
{{- fail (printf "The cluster %s names no registry: sandboxes there would have nowhere to pull from. Push the images with `npm run images -- push --registry …` and name the same registry in clusters[].registry." .name) }}
{{- end }}
{{- if .kubeconfig }}
{{- $parts := splitList "/" (trimPrefix "/etc/drillhouse/kubeconfigs/" .kubeconfig) }}
{{- if or (not (hasPrefix "/etc/drillhouse/kubeconfigs/" .kubeconfig)) (not (has (first $parts) $.Values.kubeconfigSecrets)) }}
{{- fail (printf "The cluster %s reads %s, which no Secret is mounted at. List the Secret in kubeconfigSecrets, and name the file /etc/drillhouse/kubeconfigs/<Secret>/<entry>." .name .kubeconfig) }}
{{- end }}
{{- end }}
{{- end }}
{{- range .Values.extraEnv }}
{{- if has .name (list "PORT" "HOST" "DATA_DIR" "DATABASE_URL" "REDIS_URL" "KEYS_SECRET" "PUBLIC_URL" "SUBSTRATE" "KUBERNETES_CLUSTERS" "TRUSTED_PROXIES" "LOG_LEVEL" "LABS_DIRS") }}
{{- fail (printf "extraEnv names %s, which the chart sets itself: use the value that stands for it." .name) }}
{{- end }}
{{- end }}
{{- end }}
