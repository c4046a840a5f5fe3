package workflow

import (
	"bytes"
	"encoding/json"
	"strings"

	"surveyflow/internal/secret"
	"surveyflow/models"
)

// MaskedSecret stands for the secret of an outbound webhook where a definition is read.
const MaskedSecret = "whsec_" + secret.Masked

// takeSecret takes the secret out of the config of an outbound webhook: it is kept sealed and apart. A masked one, which means
// the secret that is there, gives "".
func takeSecret(t *models.TaskSpec) string {
	if t.Type != models.TaskOutboundWebhook || !bytes.Contains(t.Config, []byte(`"secret"`)) {
		return ""
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(t.Config, &members) != nil || members["secret"] == nil {
		return ""
	}
	var text string
	_ = json.Unmarshal(members["secret"], &text) // what is no text is none
	delete(members, "secret")
	if config, err := models.MarshalJSON(members); err == nil {
		t.Config = config
	}
	if strings.Contains(text, secret.Masked) {
		return ""
	}
	return text
}

// ShowSecrets gives a definition in which outbound webhooks have a masked secret, as the API shows them.
func ShowSecrets(def models.WorkflowDefinition) models.WorkflowDefinition {
	tasks := make([]models.TaskSpec, len(def.Tasks))
	for i, t := range def.Tasks {
		if t.Type == models.TaskOutboundWebhook {
			takeSecret(&t)
			if s := models.SubscriptionOf(t); s != nil && !s.Signed {
				tasks[i] = t
				continue
			}
			config := append(bytes.TrimSuffix(bytes.TrimSpace(bytes.Clone(t.Config)), []byte("}")), `,"secret":"`+MaskedSecret+`"}`...)
			t.Config = bytes.Replace(config, []byte("{,"), []byte("{"), 1)
		}
		tasks[i] = t
	}
	def.Tasks = tasks
	return def
}
