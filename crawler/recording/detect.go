package recording

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// format is a kind of file, as reports name it.
type format string

const (
	harFormat        format = "HAR"
	wecFormat        format = "Website Evidence Collector"
	blacklightFormat format = "Blacklight collector"
	radarFormat      format = "Tracker Radar Collector"
)

// known says what can be read.
const known = "expected a HAR 1.2 file, the inspection.json of Website Evidence Collector or Blacklight collector, or a site's JSON file of Tracker Radar Collector"

// packed are first bytes of files that hold others.
var packed = []struct{ magic, name string }{{"\x1f\x8b", "gzip"}, {"PK\x03\x04", "zip"}, {"\xfd7zXZ", "xz"}, {"(\xb5/\xfd", "zstd"}}

// detect tells the format by the names of the members, not by the file's name.
// A text that breaks off or has a fault further on is told by what stands
// before.
func detect(s *stream) (format, error) {
	begin, _ := s.r.Peek(8) // a short file has fewer
	for _, p := range packed {
		if strings.HasPrefix(string(begin), p.magic) {
			return "", fmt.Errorf("%w: it is packed with %s: unpack it first", ErrFormat, p.name)
		}
	}
	if len(begin) == 0 {
		return "", fmt.Errorf("%w: it is empty: %s", ErrFormat, known)
	}
	var names []string
	err := s.members(func(name string) error {
		if len(names) < 200 {
			names = append(names, name)
		}
		if name == "log" || tell(names) == radarFormat {
			return errTold
		}
		return s.skip()
	})
	if slices.Contains(names, "log") {
		return harFormat, nil
	}
	if kind := tell(names); kind != "" {
		return kind, nil
	}
	var wrong *syntaxError
	switch {
	case errors.As(err, &wrong) && len(names) == 0:
		return "", fmt.Errorf("%w: it is no JSON object: %s", ErrFormat, known)
	case err != nil && !errors.Is(err, errTold):
		return "", fmt.Errorf("%w: %w: %s", ErrFormat, err, known)
	}
	return "", fmt.Errorf("%w: its JSON has the members %s: %s", ErrFormat, strings.Join(quoted(names), ", "), known)
}

var errTold = errors.New("told")

func tell(names []string) format {
	has := func(all ...string) bool {
		return !slices.ContainsFunc(all, func(n string) bool { return !slices.Contains(names, n) })
	}
	switch {
	case has("initialUrl", "finalUrl", "data"):
		return radarFormat
	case has("uri_ins", "beacons"), has("uri_ins", "localStorage"), has("uri_ins", "uri_refs"):
		return wecFormat
	case has("uri_ins", "hosts"), has("uri_ins", "reports"):
		return blacklightFormat
	}
	return ""
}

func quoted(names []string) []string {
	if len(names) == 0 {
		return []string{"none"}
	}
	out := []string{}
	for _, n := range names[:min(len(names), 8)] {
		out = append(out, fmt.Sprintf("%q", bounded(n, 40)))
	}
	if len(names) > 8 {
		out = append(out, "…")
	}
	return out
}
