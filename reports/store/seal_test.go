package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"candor/reports"
	"candor/reports/store"
)

// TestParseKeys: what is no key is refused without being repeated.
func TestParseKeys(t *testing.T) {
	for _, good := range []string{strings.Repeat("ab", 32), "  " + strings.Repeat("AB", 32) + "\n\n" + strings.Repeat("01", 32) + "\n", "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=," + strings.Repeat("01", 32)} {
		if _, err := store.ParseKeys(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", " \n", "a-secret-passphrase", strings.Repeat("ab", 31), strings.Repeat("ab", 33), strings.Repeat("ab", 32) + "\na-secret-passphrase"} {
		if _, err := store.ParseKeys(bad); err == nil || strings.Contains(err.Error(), "passphrase") || !strings.Contains(err.Error(), "32 bytes") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// testSealed: the database holds no address as it is; a key is changed with no
// alert lost, and one that is missing is said.
func testSealed(t *testing.T, w *world) {
	ctx := t.Context()
	const secret = "https://hooks.test/services/T0/SEALEDSECRET"
	d := must(w.AddDestination(ctx, "ada", store.Destination{Name: "sealed", Kind: store.Webhook, Address: secret, Kinds: []string{store.NewFinding}, MinSeverity: "high", DigestHour: -1, Zone: "UTC"}))(t)
	kept := func() (text string) {
		t.Helper()
		if err := w.DB().QueryRowContext(ctx, `SELECT address FROM destinations WHERE name = 'sealed'`).Scan(&text); err != nil {
			t.Fatal(err)
		}
		return text
	}
	first := kept()
	if strings.Contains(first, "hooks") || strings.Contains(first, "SECRET") || !strings.HasPrefix(first, "sealed:1:") {
		t.Errorf("the database holds %q", first)
	}
	with := func(text string) *store.Store {
		t.Helper()
		o := store.Options{Now: w.clock.now, NewID: ids()}
		if text != "" {
			o.Keys = must(store.ParseKeys(text))(t)
		}
		s := must(store.Open(t.Context(), w.address, o))(t)
		t.Cleanup(func() { s.Close() })
		return s
	}
	old, fresh := strings.Repeat("0b", 32), strings.Repeat("0c", 32)
	for name, s := range map[string]*store.Store{"without a key": with(""), "with another": with(fresh)} {
		got := must(s.Destination(ctx, d.ID))(t)
		if err := got.Check(); !errors.Is(err, store.ErrNoKey) || !strings.Contains(err.Error(), "CANDOR_SECRETS_KEY") || got.Address != "" || strings.Contains(got.Where, "hooks") {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := with("").AddDestination(ctx, "ada", store.Destination{Name: "other", Kind: store.Webhook, Address: secret, Kinds: []string{store.NewFinding}, MinSeverity: "high", DigestHour: -1, Zone: "UTC"}); !errors.Is(err, store.ErrNoKey) || !strings.Contains(err.Error(), "--secrets-key-file") {
		t.Errorf("a destination without a key: %v", err)
	}
	if n, err := with(fresh).Reseal(ctx, "ada"); n != 0 || !errors.Is(err, store.ErrNoKey) || kept() != first {
		t.Errorf("sealed anew without the old key: %d, %v", n, err)
	}
	both := with(fresh + "\n" + old)
	if n, err := both.Reseal(ctx, "ada"); n == 0 || err != nil || kept() == first {
		t.Errorf("sealed anew: %d, %v", n, err)
	}
	if n, err := both.Reseal(ctx, "ada"); n != 0 || err != nil {
		t.Errorf("sealed anew twice: %d, %v", n, err)
	}
	if got := must(with(fresh).Destination(ctx, d.ID))(t); got.Address != secret || got.Where != d.Where {
		t.Errorf("with the new key alone: %+v", got)
	}
	// One row's secret is not another's, and what was changed is not used.
	for _, text := range []string{strings.Replace(kept(), "sealed:1:", "sealed:1:x", 1), kept()[:len(kept())-8] + "AAAAAAA="} {
		if _, err := w.DB().ExecContext(ctx, `UPDATE destinations SET address = '`+text+`' WHERE name = 'sealed'`); err != nil {
			t.Fatal(err)
		}
		if got := must(both.Destination(ctx, d.ID))(t); got.Check() == nil || got.Address != "" {
			t.Errorf("what was changed is used: %+v", got)
		}
	}
	// What was kept before there were keys is sealed at the next start.
	if _, err := w.DB().ExecContext(ctx, `UPDATE destinations SET address = '`+secret+`' WHERE name = 'sealed'`); err != nil {
		t.Fatal(err)
	}
	if n, err := w.Reseal(ctx, "ada"); n == 0 || err != nil || !strings.HasPrefix(kept(), "sealed:1:") || must(w.Destination(ctx, d.ID))(t).Address != secret {
		t.Errorf("an address of before: %d, %v, %q", n, err, kept())
	}
	if err := w.DeleteDestination(ctx, "ada", d.ID); err != nil {
		t.Fatal(err)
	}
}

// testPurgeAlerts: alerts go with the results that they are about; those that wait
// stay.
func testPurgeAlerts(t *testing.T, w *world) {
	ctx := t.Context()
	d := must(w.AddDestination(ctx, "ada", store.Destination{Name: "purged", Kind: store.Webhook, Address: "https://hooks.test/x", Kinds: []string{store.NewFinding}, MinSeverity: "high", DigestHour: -1, Zone: "UTC", Sites: []string{w.site.ID}}))(t)
	q := must(w.Queue(ctx, "ada", store.Scan{Site: w.site.ID, Reason: "person"}))(t)
	x := must(w.Begin(ctx, q.ID, 0, "w1"))(t)
	if err := w.Finish(ctx, x, store.Finished, &reports.Report{}, "", ""); err != nil {
		t.Fatal(err)
	}
	mine := func() (n int) {
		t.Helper()
		for _, a := range must(w.Alerts(ctx, "", 1000, 0))(t) {
			if a.Destination == d.ID {
				n++
			}
		}
		return n
	}
	if mine() != 1 {
		t.Fatalf("%d alerts of a first scan", mine())
	}
	w.clock.pass(31 * 24 * time.Hour)
	if _, err := w.PurgeAlerts(ctx, "ada", store.Retention{Results: 30}); err != nil || mine() != 1 {
		t.Errorf("one that waits was purged: %v", err)
	}
	if err := w.DeleteDestination(ctx, "ada", d.ID); err != nil { // it is dropped
		t.Fatal(err)
	}
	for _, days := range []int{0, 32} {
		if n, err := w.PurgeAlerts(ctx, "ada", store.Retention{Results: days}); n != 0 && days == 0 || err != nil || mine() != 1 {
			t.Errorf("kept for %d days: %d purged, %v", days, n, err)
		}
	}
	if n, err := w.PurgeAlerts(ctx, "ada", store.Retention{Results: 30}); n == 0 || err != nil || mine() != 0 {
		t.Errorf("%d purged, %v, %d left", n, err, mine())
	}
}
