package secret_test

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"surveyflow/internal/secret"
)

func TestTheKeyFileIsMadeOnceAndPrivate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data", "secret.key")
	got := make([][]byte, 8)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			keys, err := secret.LoadOrCreateFile(path)
			if err != nil || len(keys) != 1 {
				t.Errorf("keys = %v, %v", keys, err)
				return
			}
			got[i] = keys[0]
		})
	}
	wg.Wait()
	for _, k := range got {
		if len(k) != 32 || !bytes.Equal(k, got[0]) {
			t.Fatal("processes that start at once have different keys")
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode = %v, %v; want 0600", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".secret.key-*")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestAKeyFileThatIsNotRightIsRefusedWithASentence(t *testing.T) {
	t.Parallel()
	good := base64.StdEncoding.EncodeToString(key(1))
	for name, tc := range map[string]struct {
		text string
		mode os.FileMode
		want string // part of the error; "" for success
	}{
		"private":         {good, 0o600, ""},
		"read-only":       {good, 0o400, ""},
		"two keys":        {good + ",\n" + good + "\n", 0o600, ""},
		"group may read":  {good, 0o640, "chmod 600"},
		"world may read":  {good, 0o604, "chmod 600"},
		"empty":           {"", 0o600, "32 bytes in base64"},
		"short key":       {"AAAA", 0o600, "32 bytes in base64"},
		"not base64 text": {"my secret", 0o600, "32 bytes in base64"},
	} {
		path := filepath.Join(t.TempDir(), "secret.key")
		if err := os.WriteFile(path, []byte(tc.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, tc.mode); err != nil {
			t.Fatal(err)
		}
		keys, err := secret.LoadOrCreateFile(path)
		switch {
		case tc.want == "" && (err != nil || len(keys) == 0):
			t.Errorf("%s: keys = %v, %v", name, keys, err)
		case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), path)):
			t.Errorf("%s: error = %v, want the path and %q", name, err, tc.want)
		case err != nil && tc.text != "" && strings.Contains(err.Error(), tc.text):
			t.Errorf("%s: the error shows the content: %v", name, err)
		}
	}
	if _, err := secret.LoadOrCreateFile(t.TempDir()); err == nil {
		t.Error("a folder was taken for a key file")
	}
}
