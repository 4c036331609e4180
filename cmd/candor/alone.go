package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"candor/reports/store"
)

// alone keeps a second service from an SQLite file, which is for one machine's
// one: both would believe to be the only one. The lock ends with the process,
// however it ends.
func (o *serviceOptions) alone() (release func() error, err error) {
	name := o.databaseAddress()
	if strings.HasPrefix(name, "postgres") {
		return func() error { return nil }, nil
	}
	name = strings.TrimPrefix(name, "sqlite:")
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(name+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	switch got, err := lock(f); {
	case err != nil:
		return nil, errors.Join(fmt.Errorf("lock %s: %w", f.Name(), err), f.Close())
	case !got:
		return nil, errors.Join(usage("another candor serve uses the database %s: stop it, or give this one a folder of its own with --data; several machines share a PostgreSQL with --database", store.Redacted(name)), f.Close())
	}
	return f.Close, nil
}
