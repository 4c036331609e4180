package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"candor/reports/store"
)

// secretsKey is the variable with the keys that seal what is secret in the
// database.
const secretsKey = "CANDOR_SECRETS_KEY"

// secrets are the keys of a service: from the variable, from a file, or with an
// SQLite file, which is one machine's, from a file beside it that the first start
// makes. With PostgreSQL and none of these it is nil.
func (s *service) secrets() (*store.Keys, error) {
	name := s.o.secretsKeyFile
	text := s.c.environ()[secretsKey]
	switch {
	case text != "" && name != "":
		return nil, usage("%s and --secrets-key-file are both given: expected one of them", secretsKey)
	case text != "":
		k, err := store.ParseKeys(text)
		if err != nil {
			return nil, usage("%s: %w", secretsKey, err)
		}
		return k, nil
	case name == "" && strings.HasPrefix(s.o.databaseAddress(), "postgres"):
		return nil, nil
	case name == "":
		name = filepath.Join(s.o.data, "secrets.key")
		if err := makeKey(name); err != nil {
			return nil, usage("a key for secrets: %w", err)
		}
	}
	read, err := os.ReadFile(name)
	if err != nil {
		return nil, usage("--secrets-key-file: %w", err)
	}
	k, err := store.ParseKeys(string(read))
	if err != nil {
		return nil, usage("%s: %w", name, err)
	}
	return k, nil
}

// makeKey writes a key that nobody else can read, unless the file is there.
func makeKey(name string) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var key [32]byte
	_, _ = rand.Read(key[:]) // it never fails
	_, err = fmt.Fprintln(f, hex.EncodeToString(key[:]))
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
