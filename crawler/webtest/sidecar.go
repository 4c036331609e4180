package webtest

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxDelay bounds the delay of a sidecar.
const maxDelay = 10 * time.Minute

type header struct{ name, value string }

// sidecar shapes an answer; see the package's comment.
type sidecar struct {
	status    int // 0 when not given
	redirect  string
	delay     time.Duration
	visitor   string // cookie name
	cname     string // of a host: what it is an alias of
	file      string
	cors      bool
	gzip      bool
	websocket bool
	headers   []header
}

func (c sidecar) statusOr(n int) int {
	switch {
	case c.status != 0:
		return c.status
	case c.redirect != "":
		return http.StatusFound
	}
	return n
}

// sidecar reads NAME.headers; it is false when there is none.
func (s *Server) sidecar(name string) (sidecar, bool, error) {
	data, err := fs.ReadFile(s.fsys, name+".headers")
	if errors.Is(err, fs.ErrNotExist) {
		return sidecar{}, false, nil
	}
	if err != nil {
		return sidecar{}, false, err
	}
	c, err := parseSidecar(string(data))
	if err != nil {
		return sidecar{}, false, fmt.Errorf("%s.headers:%w", name, err)
	}
	return c, true, nil
}

// parseSidecar reads the lines; a fault begins with the line's number.
func parseSidecar(text string) (sidecar, error) {
	var c sidecar
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		if !ok || name == "" || strings.ContainsAny(name, " \t") {
			return sidecar{}, fmt.Errorf("%d: %q is no \"name: value\"", i+1, line)
		}
		if err := c.set(name, value); err != nil {
			return sidecar{}, fmt.Errorf("%d: %w", i+1, err)
		}
	}
	return c, nil
}

func (c *sidecar) set(name, value string) (err error) {
	switch name {
	case "status":
		if c.status, err = strconv.Atoi(value); err != nil || c.status < 200 || c.status > 599 {
			return fmt.Errorf("status %q is not from 200 to 599", value)
		}
	case "delay":
		if c.delay, err = time.ParseDuration(value); err != nil || c.delay < 0 || c.delay > maxDelay {
			return fmt.Errorf("delay %q is no time like 50ms, up to %v", value, maxDelay)
		}
	case "redirect":
		c.redirect = value
	case "cname":
		if value == "" || strings.ContainsAny(value, "/: ") {
			return fmt.Errorf("cname %q is no host name", value)
		}
		c.cname = strings.ToLower(strings.TrimSuffix(value, "."))
	case "visitor":
		c.visitor = value
	case "file":
		if !fs.ValidPath(value) {
			return fmt.Errorf("file %q is no path from the top of the tree", value)
		}
		c.file = value
	case "websocket":
		if value != "echo" {
			return fmt.Errorf("websocket %q is not echo", value)
		}
		c.websocket = true
	case "cors":
		c.cors, err = yes(name, value)
	case "gzip":
		c.gzip, err = yes(name, value)
	default:
		if name[0] >= 'a' && name[0] <= 'z' {
			return fmt.Errorf("%q is no directive; header names begin with a capital", name)
		}
		c.headers = append(c.headers, header{name, value})
	}
	return err
}

func yes(name, value string) (bool, error) {
	if value != "yes" && value != "no" {
		return false, fmt.Errorf("%s %q is not yes or no", name, value)
	}
	return value == "yes", nil
}
