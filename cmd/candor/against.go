package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"candor/analyzer"
	"candor/analyzer/change"
	"candor/crawler/evidence"
	"candor/reports"
	"candor/reports/exceptions"
	"candor/rules"
)

// against is what a scan is held against besides the texts: earlier scans, and
// what the team decided not to have counted.
type against struct {
	earlier    []*reports.Report
	comparison reports.Comparison
	exceptions *exceptions.File // nil when there is none
}

func (o *options) againstFlags(fs *pflag.FlagSet) {
	fs.Var(newList(&o.baselines, "\n", parseScanPath), "baseline", "earlier scan to compare with, `FILE`: a scan.json, a report folder or its evidence (repeatable: the last is compared with, older ones tell what comes and goes)")
	fs.BoolVar(&o.newOnly, "new-only", false, "show and count only findings that no --baseline has; exit 3 when less than --min-coverage of its visits were made again")
	o.siteFlags(fs)
	o.exceptionFlags(fs)
}

func (o *options) siteFlags(fs *pflag.FlagSet) {
	fs.Var(newList((*[]change.Pair)(&o.mapSites), ",", parseMapSite), "map-site", "take a host for another when scans are compared, `HOST=HOST` such as staging.example=www.example.com; *.staging.example=*.example.com for all below (repeatable; --host-map is for network addresses)")
}

func (o *options) exceptionFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.exceptions, "exceptions", "", "`FILE` of findings not to be counted, with reason, owner and end (default "+exceptions.FileName+" beside candor.yaml; none reads none)")
}

func parseScanPath(s string) (string, error) {
	if s == "" {
		return "", errors.New("expected a scan.json, a report folder or its evidence")
	}
	return s, nil
}

// parseMapSite reads HOST=HOST; both sides may start with "*.".
func parseMapSite(s string) (change.Pair, error) {
	const expected = "expected HOST=HOST, such as staging.example=www.example.com or '*.staging.example=*.example.com'"
	from, to, ok := strings.Cut(s, "=")
	if !ok {
		return change.Pair{}, fmt.Errorf("%q has no '=': %s", s, expected)
	}
	var sides [2]string
	for i, side := range []string{from, to} {
		side = strings.TrimSpace(side)
		name, below := strings.CutPrefix(side, "*.")
		host, err := hostName(strings.ToLower(name))
		if err != nil || strings.Contains(host, "=") {
			return change.Pair{}, fmt.Errorf("%q is not a host: %s", side, expected)
		}
		if below {
			host = "*." + host
		}
		sides[i] = host
	}
	if strings.HasPrefix(sides[0], "*.") != strings.HasPrefix(sides[1], "*.") {
		return change.Pair{}, fmt.Errorf("%q: expected *. on both sides or on none", s)
	}
	return change.Pair{Host: sides[0], Is: sides[1]}, nil
}

// against reads what the options name, before anything is visited or written.
func (c *Command) against(ctx context.Context, o *options, set *rules.Set) (*against, error) {
	if o.newOnly && len(o.baselines) == 0 {
		return nil, usage("--new-only needs an earlier scan: name one with --baseline")
	}
	a := &against{comparison: reports.Comparison{Hosts: o.mapSites, NewOnly: o.newOnly, Broader: broader(set)}}
	for _, path := range o.baselines {
		rep, err := c.readScan(ctx, path, set)
		if err != nil {
			return nil, err
		}
		a.earlier = append(a.earlier, rep)
	}
	var err error
	a.exceptions, err = c.readExceptions(o, set)
	return a, err
}

// broader knows that one kind of data covers another, and that the terms which
// name no kind cover all.
func broader(set *rules.Set) func(broad, narrow string) bool {
	return func(broad, narrow string) bool {
		if broad == narrow || broad == "information" || broad == "data" {
			return true
		}
		_, ok := set.Terms.Subsumes(broad, narrow)
		return ok
	}
}

// options are what the analysis is told of earlier scans.
func (a *against) options() []analyzer.Option {
	if len(a.earlier) == 0 {
		return nil
	}
	last := slices.MaxFunc(a.earlier, func(x, y *reports.Report) int { return strings.Compare(x.StartedAt, y.StartedAt) })
	return []analyzer.Option{analyzer.WithEarlier(last.Snapshot(a.comparison.Hosts))}
}

// apply marks in a report what is new and what does not count.
func (a *against) apply(rep *reports.Report) error {
	if len(a.earlier) > 0 {
		if err := rep.Since(a.earlier, a.comparison); err != nil {
			return err
		}
	}
	if a.exceptions != nil {
		// Expiry is judged for the day of the scan, so that its evidence gives the
		// same report whenever it is analysed.
		at, err := time.Parse(time.RFC3339, rep.StartedAt)
		if err != nil {
			at = time.Time{}
		}
		exceptions.Apply(rep, a.exceptions, at)
	}
	return nil
}

// readScan reads a scan.json, a report folder or a folder of evidence. Evidence
// that was analysed with other rules than these is analysed again where it is
// there and whole, so that what differs comes of the site and not of the rules.
func (c *Command) readScan(ctx context.Context, path string, set *rules.Set) (*reports.Report, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	if !info.IsDir() {
		return readReportFile(path)
	}
	rep, err := readReport(path)
	if err != nil {
		if _, statErr := os.Stat(filepath.Join(path, "scan.json")); !errors.Is(statErr, fs.ErrNotExist) {
			return nil, err
		}
		return c.analyseAgain(ctx, path, set)
	}
	if rep.Tool.RulesVersion == set.Version || rep.Coverage.Redacted || rep.Conditions.Redact != "" {
		return rep, nil
	}
	if again, err := c.analyseAgain(ctx, path, set); err == nil {
		return again, nil
	}
	return rep, nil // the report says that other rules made it
}

func (c *Command) analyseAgain(ctx context.Context, path string, set *rules.Set) (*reports.Report, error) {
	r, err := evidence.Open(path)
	if err != nil {
		return nil, usage("%s holds neither a scan.json nor the evidence of a scan: %w", path, err)
	}
	defer r.Close()
	profile, err := readProfile(keptProfile(path))
	if err != nil {
		return nil, err
	}
	a, err := c.Stages.Analyze(ctx, r, set, profile)
	if err != nil {
		return nil, fmt.Errorf("analyse %s: %w", path, err)
	}
	return reports.New(a), nil
}

// exceptionsFile is the file to read: the one named, or the one beside the
// configuration, or "" when there is none.
func (c *Command) exceptionsFile(o *options) (string, error) {
	switch o.exceptions {
	case "none":
		return "", nil
	case "":
	default:
		return o.exceptions, nil
	}
	place, err := c.exceptionsPlace(o)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(place); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	} else if err != nil {
		return "", usage("%w", err)
	}
	return place, nil
}

// exceptionsPlace is where the file is looked for and begun: beside candor.yaml,
// or in the current folder when there is none.
func (c *Command) exceptionsPlace(o *options) (string, error) {
	config, err := configFile(o.config, c.environ())
	if err != nil {
		return "", err
	}
	return filepath.Join(filepath.Dir(config), exceptions.FileName), nil
}

func (c *Command) readExceptions(o *options, set *rules.Set) (*exceptions.File, error) {
	path, err := c.exceptionsFile(o)
	if err != nil || path == "" {
		return nil, err
	}
	data, err := readBounded(path)
	if err != nil {
		return nil, err
	}
	f, err := exceptions.Read(path, data, knownWords(set), c.Now())
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	f.Name = filepath.Base(path)
	return f, nil
}

func knownWords(set *rules.Set) exceptions.Known {
	k := exceptions.Known{States: stateNames(), Nearest: nearest, Rules: []string{}, Packs: []string{}, DataTypes: []string{}}
	for _, r := range set.Rules {
		k.Rules = append(k.Rules, r.ID)
		if !slices.Contains(k.Packs, r.Pack) {
			k.Packs = append(k.Packs, r.Pack)
		}
	}
	for _, d := range set.Terms.DataTypes {
		k.DataTypes = append(k.DataTypes, d.ID)
	}
	return k
}

// notRepeated says why a comparison cannot pass as whole: too little of what
// the earlier scan visited was visited again. "" when it can.
func notRepeated(rep *reports.Report, least float64) string {
	ch := &rep.Changes
	if !ch.NewOnly || !ch.Compared() || ch.Earlier == 0 || float64(ch.Repeated) >= least*float64(ch.Earlier) {
		return ""
	}
	why := fmt.Sprintf("of %d visits of the earlier scan (pages times consent states) %d were made again in full, and --min-coverage is %g", ch.Earlier, ch.Repeated, least)
	if ch.Repeated == 0 {
		why += "; if the scans are of two hosts, --map-site says which stands for which"
	}
	return why
}
