package apiv3

import (
	"strings"
	"testing"
)

func TestSecretsOfCredentialsGoInAndNeverComeOut(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, body := range map[string]string{
		"basic":  `{"name":"CRM","type":"basic","username":"svc","password":"canary-p4ssword","allowedHosts":["CRM.example.com"]}`,
		"apiKey": `{"name":"Key","type":"apiKey","token":"canary-t0ken","header":"X-API-TOKEN"}`,
		"oauth2": `{"name":"O","type":"oauth2","grantType":"clientCredentials","clientId":"id","clientSecret":"canary-s3cret","tokenEndpoint":"https://id.example.com/token?key=canary-endpoint","scopes":"a b","clientAuthentication":"body","tokenParams":{"api_key":"canary-param"},"authorizationParams":{},"pkce":true}`,
	} {
		made := b.post(b.ada, "/credentials", body)
		id := made.text("id")
		list := b.get(b.ada, "/credentials")
		one := b.get(b.ada, "/credentials/"+id)
		changed := b.do(b.ada, "PUT", "/credentials/"+id, `{"name":"Renamed `+name+`","password":"","token":"••••"}`).ok()
		for _, r := range []*reply{made, list, one, changed} {
			if strings.Contains(string(r.body), "canary") || strings.Contains(string(r.body), "svc") {
				t.Errorf("%s: a secret came out: %s", name, r.body)
			}
		}
		if changed.text("name") != "Renamed "+name {
			t.Errorf("%s", changed.body)
		}
	}
	one := b.get(b.ada, "/credentials")
	if !strings.Contains(string(one.body), `"crm.example.com"`) || !strings.Contains(string(one.body), `"usedBy":[]`) {
		t.Errorf("%s", one.body)
	}
}

func TestCredentialsBelongToTheirOwnerOrToAll(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	mine := b.post(b.ada, "/credentials", `{"name":"Mine","type":"apiKey","token":"t0ken-value"}`).text("id")
	shared := b.post(b.admin, "/credentials", `{"name":"Ours","type":"apiKey","token":"t0ken-value","shared":true}`).text("id")
	b.do(b.ada, "POST", "/credentials", `{"name":"x","type":"apiKey","token":"t","shared":true}`).fails(403, "403 - Forbidden", "SF_FORBIDDEN", "administrator")
	for _, token := range []string{b.bob, b.admin} {
		b.do(token, "GET", "/credentials/"+mine, "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "Credential not found")
		b.do(token, "PUT", "/credentials/"+mine, `{"name":"x"}`).fails(404, "404 - Not Found", "SF_NOT_FOUND", "Credential not found")
		b.do(token, "DELETE", "/credentials/"+mine, "").fails(404, "404 - Not Found", "SF_NOT_FOUND", "Credential not found")
	}
	b.get(b.bob, "/credentials/"+shared)
	b.do(b.bob, "DELETE", "/credentials/"+shared, "").fails(403, "403 - Forbidden", "SF_FORBIDDEN", "")
	b.do(b.admin, "DELETE", "/credentials/"+shared, "").ok()
	b.do(b.ada, "POST", "/credentials", `{"name":"","type":"apiKey","token":"t"}`).invalid("name")
	b.do(b.ada, "POST", "/credentials", `{"name":"x","type":"basic","username":"u","mtls":{"privateKey":"x","certificate":"y"}}`).invalid("mtls.privateKey")
}

func TestAWorkflowTakesOnlyCredentialsOfItsOwner(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.liveSurvey(b.ada)
	mine := b.post(b.ada, "/credentials", `{"name":"Mine","type":"apiKey","token":"t0ken-value"}`).text("id")
	bobs := b.post(b.bob, "/credentials", `{"name":"Bobs","type":"apiKey","token":"t0ken-value"}`).text("id")
	workflow := func(config string) string {
		return `{"name":"W","surveyId":"` + s.id + `","event":{"type":"surveyResponse"},"tasks":[{"type":"webService","config":` + config + `}]}`
	}
	b.do(b.ada, "POST", "/workflows", workflow(`{"url":"https://x.example.com","credentialId":"`+bobs+`"}`)).invalid("tasks[0].config.credentialId")
	b.do(b.ada, "POST", "/workflows", workflow(`{"url":"https://x.example.com?k=~{cr://`+bobs+`/token}"}`)).invalid("tasks[0].config.credentialId")
	b.do(b.ada, "POST", "/workflows", workflow(`{"url":"https://${e://Field/h}/","credentialId":"`+mine+`"}`)).invalid("tasks[0].config.credentialId")
	b.do(b.ada, "POST", "/workflows", workflow(`{"url":"https://x.example.com/~{cr://`+mine+`/token}"}`)).invalid("tasks[0].config.url")
	made := b.post(b.ada, "/workflows", workflow(`{"url":"https://x.example.com","credentialId":"`+mine+`"}`))
	id := made.text("id")
	if got := b.get(b.ada, "/credentials/"+mine); !strings.Contains(string(got.body), id) {
		t.Errorf("usedBy does not name it: %s", got.body)
	}
	// An admin may change the rest of the workflow, not what the owner's private credential is sent with.
	b.do(b.admin, "PUT", "/workflows/"+id+"?scope=organization", `{"name":"Renamed"}`).ok()
	stolen := strings.Replace(string(b.get(b.ada, "/workflows/"+id).Result), "https://x.example.com", "https://evil.example.com", 1)
	b.do(b.admin, "PUT", "/workflows/"+id+"?scope=organization", stolen).invalid("tasks[0].config.credentialId")
	gone := b.do(b.ada, "DELETE", "/credentials/"+mine, "").ok()
	if !strings.Contains(gone.Meta.Notice, "1 workflow used it") {
		t.Errorf("notice %q", gone.Meta.Notice)
	}
	b.do(b.ada, "PUT", "/workflows/"+id, `{"name":"Again"}`).invalid("tasks[0].config.credentialId")
}
