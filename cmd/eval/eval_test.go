package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the figures of testdata/tiny")

const (
	tiny       = "testdata/tiny"
	tinyRecord = "testdata/tiny.json"
)

func evaluate(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(args, &out, &errs)
	return code, out.String(), errs.String()
}

// TestTinyFolder measures a folder of our own sentences, in which some are
// meant to be missed, against the figures recorded for it.
func TestTinyFolder(t *testing.T) {
	args := []string{"-record", tinyRecord, tiny}
	if *update {
		args = []string{"-record", tinyRecord, "-update", tiny}
	}
	code, first, errs := evaluate(t, args...)
	if code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, first, errs)
	}
	for _, want := range []string{"link top-1 0.500 2\n", "mention F1 0.800 3\n", "tuple recall 0.600 5\n", "denial precision 1.000 4\n", "retention value 1.000 2\n", "cookie accuracy 0.500 2\n"} {
		if !strings.Contains(first, "\n"+want) {
			t.Errorf("no line %q in\n%s", want, first)
		}
	}
	if strings.Contains(first, "NOT MEASURED") {
		t.Errorf("a task had no data:\n%s", first)
	}
	for _, task := range tasks {
		if !strings.Contains(first, "\n"+task.name+" ") {
			t.Errorf("no figure of %s", task.name)
		}
	}
	if _, second, _ := evaluate(t, args...); second != first && !*update {
		t.Error("two runs print different bytes")
	}
	last := strings.Split(strings.TrimSpace(first), "\n")
	line := regexp.MustCompile(`^[a-z]+ \S+ [01]\.\d{3} \d+$`)
	for _, l := range last[len(last)-40:] {
		if !line.MatchString(l) {
			t.Errorf("%q is not one of: task metric value count", l)
		}
	}
}

// TestFallingFigures proves that a figure under the record, one that is gone and
// one on other data fail the run, and that a little more or less does not.
func TestFallingFigures(t *testing.T) {
	recorded, err := readRecord(tinyRecord)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(*Figure)
		want   string
	}{
		{"the same", func(*Figure) {}, ""},
		{"better than recorded", func(f *Figure) { f.Value -= 0.2 }, ""},
		{"under the record", func(f *Figure) { f.Value += 0.01 }, "UNDER THE RECORD: tuple recall is 0.600, recorded 0.610"},
		{"rounded", func(f *Figure) { f.Value += 0.0004 }, ""},
		{"one item more", func(f *Figure) { f.Count++ }, ""},
		{"other data", func(f *Figure) { f.Count = 50 }, "UNDER THE RECORD: tuple recall was counted on 5 items, recorded on 50"},
		{"a figure that is gone", func(f *Figure) { f.Metric = "recall-of-old" }, "UNDER THE RECORD: tuple recall-of-old is recorded and was not measured"},
		{"a new figure", func(f *Figure) { f.Metric = "recall-of-old" }, "UNDER THE RECORD: tuple recall has no recorded figure"},
	} {
		t.Run(c.name, func(t *testing.T) {
			list := slices.Clone(recorded)
			i := slices.IndexFunc(list, func(f Figure) bool { return f.Task == "tuple" && f.Metric == "recall" })
			c.change(&list[i])
			raw, _ := json.Marshal(list)
			name := filepath.Join(t.TempDir(), "record.json")
			if err := os.WriteFile(name, raw, 0o600); err != nil {
				t.Fatal(err)
			}
			code, out, _ := evaluate(t, "-only", "tuple", "-record", name, tiny)
			if (code == 1) != (c.want != "") || c.want != "" && !strings.Contains(out, c.want) {
				t.Errorf("exit code %d, want %q in\n%s", code, c.want, out)
			}
		})
	}
}

// TestMissingData: a task without data is named, and the others are measured.
func TestMissingData(t *testing.T) {
	dir := t.TempDir()
	raw, err := os.ReadFile(filepath.Join(tiny, "app350.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "app350.jsonl"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, _ := evaluate(t, "-record", tinyRecord, dir)
	if code != 0 || strings.Count(out, "NOT MEASURED: ") != len(tasks)-1 || !strings.Contains(out, "NOT MEASURED: tuple: open ") || !strings.HasSuffix(out, "\nmention F1 0.800 3\n") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	if err := os.WriteFile(filepath.Join(dir, "app350.jsonl"), []byte("{\"text\":1}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := evaluate(t, dir); code != 2 || !strings.Contains(errs, "app350.jsonl, line 1") {
		t.Errorf("spoiled data: exit code %d, %s", code, errs)
	}
}

func TestWrongUse(t *testing.T) {
	for _, args := range [][]string{{}, {tiny, tiny}, {"-update", tiny}, {"-only", "tupel", tiny}, {"-errors", "tupel", tiny}, {filepath.Join(t.TempDir(), "nowhere")}, {"main.go"}, {"-record", "nowhere.json", tiny}} {
		if code, _, errs := evaluate(t, args...); code != 2 || errs == "" {
			t.Errorf("eval %v: exit code %d, %q", args, code, errs)
		}
	}
}

// TestHalves: mistakes are shown of one half only.
func TestHalves(t *testing.T) {
	_, out, _ := evaluate(t, "-only", "link", "-errors", "link", tiny)
	shown := 0
	for l := range strings.Lines(out) {
		if id, _, ok := strings.Cut(strings.TrimPrefix(l, "link "), ": "); ok && strings.HasPrefix(id, "https") {
			shown++
			if held(id) {
				t.Errorf("a mistake of the half that is only measured: %s", l)
			}
		}
	}
	if shown == 0 {
		t.Errorf("no mistake is shown:\n%s", out)
	}
}
