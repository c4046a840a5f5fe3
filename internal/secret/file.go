package secret

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"surveyflow/internal/config"
)

// maxKeyFile is how many bytes of a key file are read: room for dozens of keys.
const maxKeyFile = 4096

// LoadOrCreateFile reads the root keys from a file in the form of SECRET_KEY, and makes the file, with one new key and
// mode 0600, when there is none. Of several processes that make it at once all get the same key. It refuses a file that
// others than its owner may read.
func LoadOrCreateFile(path string) (config.Keys, error) {
	keys, err := loadFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return keys, err
	}
	if err := createFile(path); err != nil {
		return nil, fmt.Errorf("make the key file: %w", err)
	}
	return loadFile(path)
}

func loadFile(path string) (config.Keys, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the key file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read the key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("the key file %s is not a regular file", path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("the key file %s may be read by others than its owner (mode %04o): make it private with chmod 600 %[1]s", path, mode)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return nil, fmt.Errorf("read the key file: %w", err)
	}
	keys, err := config.ParseKeys(string(text))
	if err != nil || len(keys) == 0 {
		return nil, fmt.Errorf("the key file %s must hold 32 bytes in base64, or several of these separated by commas, newest first", path)
	}
	return keys, nil
}

// createFile writes a new key into a file of another name and links it: whoever sees the file sees all of it, and a file
// that is there by then stays.
func createFile(path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".secret.key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	key := make([]byte, keyLength)
	rand.Read(key) // never fails (crypto/rand)
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(dir) // without it a power cut could take the key and leave the database
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
