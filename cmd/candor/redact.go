package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"

	"candor/analyzer/redaction"
	"candor/crawler/evidence"
	"candor/reports"
	"candor/rules"
)

// redacts is what the bundle says of --redact.
func (o *options) redacts() string {
	if o.redact == redaction.All {
		return redaction.All
	}
	return ""
}

// redact takes values out of a bundle whose report is written. The key of the
// hashes is forgotten.
func (c *Command) redact(ctx context.Context, o *options, bundle string, set *rules.Set, rep *reports.Report) error {
	if o.redacts() == "" {
		return nil
	}
	random := c.Random
	if random == nil {
		random = rand.Reader
	}
	var key [32]byte
	if _, err := io.ReadFull(random, key[:]); err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	if err := redaction.Bundle(ctx, bundle, set, key[:]); err != nil {
		return fmt.Errorf("the report is written, and the evidence still holds its values: %w", err)
	}
	r, err := evidence.Open(bundle)
	if err != nil {
		return err
	}
	defer r.Close()
	rep.Bundle.Root, err = r.Root() // for the terminal
	return err
}
