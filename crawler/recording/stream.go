package recording

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Bounds of a JSON text.
const (
	maxDepth  = 100      // values inside values
	maxString = 8 << 20  // bytes of one string as written; what is beyond is cut
	maxValue  = 64 << 20 // bytes of one entry as written
	maxName   = 1 << 10  // bytes of a member's name
)

// Faults of a JSON text. After errLarge the stream goes on behind the value;
// after the others it cannot.
var (
	errLarge = fmt.Errorf("larger than %d MB", maxValue>>20)
	errEnds  = errors.New("the file ends before its JSON text does")
	errDeep  = fmt.Errorf("more than %d values inside each other", maxDepth)
)

// syntaxError is a character that JSON does not allow where it stands.
type syntaxError struct {
	offset int64
	found  byte
	wanted string
}

func (e *syntaxError) Error() string {
	return fmt.Sprintf("at byte %d: expected %s, found %q", e.offset, e.wanted, e.found)
}

// stream walks a JSON text of any size and holds one value of it at a time.
// What a value holds is checked by whoever decodes it: the stream only tells
// where it ends.
type stream struct {
	r   *bufio.Reader
	off int64
	cut int // strings cut in the last value
	buf []byte
}

func newStream(r io.Reader) *stream {
	s := &stream{r: bufio.NewReaderSize(r, 256<<10)}
	if mark, err := s.r.Peek(3); err == nil && string(mark) == "\xef\xbb\xbf" {
		_, _ = s.r.Discard(3) // they were just seen
		s.off = 3
	}
	return s
}

func (s *stream) next() (byte, error) {
	b, err := s.r.ReadByte()
	if err == nil {
		s.off++
		return b, nil
	}
	if errors.Is(err, io.EOF) {
		err = errEnds
	}
	return 0, err
}

func (s *stream) back() {
	_ = s.r.UnreadByte() // a byte was just read
	s.off--
}

// token returns the next byte that is no space.
func (s *stream) token() (byte, error) {
	for {
		b, err := s.next()
		if err != nil || b != ' ' && b != '\t' && b != '\n' && b != '\r' {
			return b, err
		}
	}
}

// peek is token without moving behind it.
func (s *stream) peek() (byte, error) {
	b, err := s.token()
	if err == nil {
		s.back()
	}
	return b, err
}

func (s *stream) expect(want byte, what string) error {
	b, err := s.token()
	if err == nil && b != want {
		err = &syntaxError{s.off, b, what}
	}
	return err
}

// members calls each for every member of the object that comes next. It must
// move the stream behind the member's value.
func (s *stream) members(each func(name string) error) error {
	if err := s.expect('{', "an object"); err != nil {
		return err
	}
	return s.list('}', func(int) error {
		if b, err := s.peek(); err != nil {
			return err
		} else if b != '"' {
			return &syntaxError{s.off + 1, b, "the name of a member"}
		}
		raw, err := s.bounded(maxName)
		if err != nil && !errors.Is(err, errLarge) {
			return err
		}
		var name string
		if err == nil {
			_ = json.Unmarshal(raw, &name) // a broken name is none that is known
		}
		if err := s.expect(':', "a colon"); err != nil {
			return err
		}
		return each(name)
	})
}

// elements calls each for every element of the list that comes next, with its
// number from 1. It must move the stream behind the element.
func (s *stream) elements(each func(n int) error) error {
	if err := s.expect('[', "a list"); err != nil {
		return err
	}
	return s.list(']', each)
}

func (s *stream) list(end byte, each func(n int) error) error {
	b, err := s.token()
	if err != nil || b == end {
		return err
	}
	s.back()
	for n := 1; ; n++ {
		if err := each(n); err != nil {
			return err
		}
		switch b, err := s.token(); {
		case err != nil:
			return err
		case b == end:
			return nil
		case b != ',':
			return &syntaxError{s.off, b, fmt.Sprintf("',' or %q", end)}
		}
	}
}

// value returns the next value as written, with strings cut at their bound. It
// is good until the next call.
func (s *stream) value() ([]byte, error) { return s.bounded(maxValue) }

// skip moves behind the next value.
func (s *stream) skip() error {
	_, err := s.bounded(0)
	if errors.Is(err, errLarge) {
		return nil
	}
	return err
}

// bounded returns the next value. One longer than limit is passed over and is
// errLarge.
func (s *stream) bounded(limit int) ([]byte, error) {
	s.cut = 0
	c := &copier{data: s.buf[:0], limit: limit}
	b, err := s.token()
	if err != nil {
		return nil, err
	}
	if err := s.take(b, c); err != nil {
		return nil, err
	}
	if c.over {
		return nil, errLarge
	}
	s.buf = c.data
	return c.data, nil
}

// copier keeps what a value is written with, up to a limit.
type copier struct {
	data  []byte
	limit int
	over  bool
}

func (c *copier) add(b byte) {
	switch {
	case c.over:
	case len(c.data) >= c.limit:
		c.over, c.data = true, nil
	default:
		c.data = append(c.data, b)
	}
}

func (c *copier) addAll(b []byte) {
	switch {
	case c.over:
	case len(c.data)+len(b) > c.limit:
		c.over, c.data = true, nil
	default:
		c.data = append(c.data, b...)
	}
}

// take copies the value that begins with b.
func (s *stream) take(b byte, c *copier) error {
	var open []byte // the closing brackets that are awaited
	for {
		switch b {
		case '"':
			if err := s.text(c); err != nil {
				return err
			}
		case '{', '[':
			if len(open) == maxDepth {
				return errDeep
			}
			c.add(b)
			open = append(open, b+2) // '}' and ']' are two behind
		case '}', ']':
			if len(open) == 0 || open[len(open)-1] != b {
				return &syntaxError{s.off, b, "a value"}
			}
			c.add(b)
			open = open[:len(open)-1]
		case ',', ':':
			if len(open) == 0 {
				return &syntaxError{s.off, b, "a value"}
			}
			c.add(b)
		default:
			if err := s.word(b, c); err != nil {
				return err
			}
		}
		if len(open) == 0 {
			return nil
		}
		var err error
		if b, err = s.token(); err != nil {
			return err
		}
	}
}

// text copies a string whose opening quote was read. It is never cut inside an
// escape.
func (s *stream) text(c *copier) error {
	c.add('"')
	length, hex, escaped, cut := 0, 0, false, false
	for {
		if !escaped && hex == 0 {
			n := s.plain(c, &length, &cut)
			if n > 0 {
				continue
			}
		}
		b, err := s.next()
		if err != nil {
			return err
		}
		switch {
		case escaped:
			escaped = false
			if b == 'u' {
				hex = 4
			}
		case b == '"':
			c.add(b)
			return nil
		case hex > 0:
			hex--
		default:
			if length >= maxString && !cut {
				cut = true
				s.cut++
			}
			escaped = b == '\\'
		}
		if !cut {
			c.add(b)
			length++
		}
	}
}

// plain copies what is buffered up to the next quote or escape, and returns how
// much that was.
func (s *stream) plain(c *copier, length *int, cut *bool) int {
	buffered, _ := s.r.Peek(s.r.Buffered()) // as much as is there
	n := 0
	for n < len(buffered) && buffered[n] != '"' && buffered[n] != '\\' {
		n++
	}
	if n == 0 {
		return 0
	}
	keep := min(n, max(0, maxString-*length))
	if keep < n && !*cut {
		*cut = true
		s.cut++
	}
	c.addAll(buffered[:keep])
	*length += keep
	_, _ = s.r.Discard(n) // they are buffered
	s.off += int64(n)
	return n
}

// word copies a number, true, false or null.
func (s *stream) word(b byte, c *copier) error {
	if b != '-' && (b < '0' || b > '9') && (b < 'a' || b > 'z') {
		return &syntaxError{s.off, b, "a value"}
	}
	for {
		c.add(b)
		var err error
		if b, err = s.next(); err != nil {
			return err
		}
		switch b {
		case ' ', '\t', '\n', '\r', ',', ':', ']', '}', '"', '[', '{':
			s.back()
			return nil
		}
	}
}
