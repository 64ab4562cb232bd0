{{- define "drillhouse.name" -}}
{{- if contains "drillhouse" .Release.Name -}}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{- else -}}{{ printf "%s-drillhouse" (.Release.Name | trunc 39) }}{{- end -}}
{{- end }}

{{- define "drillhouse.selector" -}}
app.kubernetes.io/name: drillhouse
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "drillhouse.labels" -}}
{{ include "drillhouse.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "drillhouse.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}{{ .Values.serviceAccount.name | default (include "drillhouse.name" .) }}
{{- else -}}{{ .Values.serviceAccount.name | default "default" }}{{- end -}}
{{- end }}

{{- /* The same name in two namespaces must not be the same installation. */ -}}
{{- define "drillhouse.installation" -}}
{{- .Values.installation | default (printf "d-%s" (printf "%s/%s" .Release.Namespace .Release.Name | sha256sum | trunc 8)) -}}
{{- end }}

{{- define "drillhouse.image" -}}
{{- with .Values.image }}{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}{{ end -}}
{{- end }}

{{- define "drillhouse.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "drillhouse.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "drillhouse.databaseEnv" -}}
- name: DATABASE_URL
  valueFrom:
    secretKeyRef: { name: {{ .Values.database.existingSecret }}, key: {{ .Values.database.key }} }
{{- end }}

{{- /* Names are asked for wherever the cluster's DNS is; PostgreSQL where the values say. */ -}}
{{- define "drillhouse.egressToDnsAndDatabase" -}}
- ports:
    - { protocol: UDP, port: 53 }
    - { protocol: TCP, port: 53 }
{{- if .Values.database.existingSecret }}
- ports:
    - { protocol: TCP, port: {{ .Values.database.port }} }
  {{- with .Values.database.peers }}
  to: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}
