package storetest

import (
	"strings"
	"testing"

	"candor/reports/store"
)

// Keys are a key to seal secrets with, the same for every test.
func Keys(t testing.TB) *store.Keys {
	t.Helper()
	k, err := store.ParseKeys(strings.Repeat("0b", 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}
