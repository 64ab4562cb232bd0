kubectl delete rolebinding {{hotfix}}
