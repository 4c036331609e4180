package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// errDetached is what commands of a target that went away return.
var errDetached = errors.New("the browser target is gone")

// conn shares one connection to the browser among many sessions. chromedp's
// own targets let a new frame or worker run before anybody listens; here every
// event reaches its session in the order in which it came, on the goroutine
// that reads, so a new target can be set up before it runs.
type conn struct {
	transport chromedp.Transport
	next      atomic.Int64

	mu       sync.Mutex
	calls    map[int64]*call
	sessions map[target.SessionID]*session
	root     *session // the browser itself
	err      error
	done     chan struct{}

	out *queue
}

type call struct {
	session *session
	reply   chan *cdproto.Message // nil when nobody waits
	then    func(*cdproto.Message)
}

// session is one attached target. Its handler is called on the reading
// goroutine: it must be quick and must not wait for a command's answer; send
// and sendThen are for that.
type session struct {
	conn    *conn
	id      target.SessionID
	handler func(method string, params jsonv2.Value)
	gone    chan struct{}
	once    sync.Once
}

func newConn(t chromedp.Transport) *conn {
	c := &conn{
		transport: t, calls: map[int64]*call{}, sessions: map[target.SessionID]*session{},
		done: make(chan struct{}), out: newQueue(),
	}
	c.root = &session{conn: c, gone: make(chan struct{})}
	c.sessions[""] = c.root
	go c.write()
	return c
}

// run reads until the connection ends. The handlers of the sessions must be
// set before.
func (c *conn) run() {
	var err error
	for {
		msg := new(cdproto.Message)
		if err = c.transport.Read(context.Background(), msg); err != nil {
			var syntax *jsonv2.SyntacticError
			if errors.As(err, &syntax) {
				continue // one unreadable message does not end the scan
			}
			break
		}
		c.dispatch(msg)
	}
	c.fail(fmt.Errorf("the connection to the browser ended: %w", err))
}

func (c *conn) dispatch(msg *cdproto.Message) {
	if msg.ID != 0 {
		c.mu.Lock()
		k := c.calls[msg.ID]
		delete(c.calls, msg.ID)
		c.mu.Unlock()
		switch {
		case k == nil:
		case k.then != nil:
			k.then(msg)
		case k.reply != nil:
			k.reply <- msg
		}
		return
	}
	c.mu.Lock()
	s := c.sessions[msg.SessionID]
	c.mu.Unlock()
	if s != nil && s.handler != nil {
		s.handler(string(msg.Method), msg.Params)
	}
}

// attach makes the session of a target that the browser has attached.
func (c *conn) attach(id target.SessionID, handler func(*session, string, jsonv2.Value)) *session {
	s := &session{conn: c, id: id, gone: make(chan struct{})}
	s.handler = func(method string, params jsonv2.Value) { handler(s, method, params) }
	c.mu.Lock()
	c.sessions[id] = s
	c.mu.Unlock()
	return s
}

// detach forgets a session; its open commands end with errDetached.
func (c *conn) detach(id target.SessionID) {
	c.mu.Lock()
	s := c.sessions[id]
	delete(c.sessions, id)
	for n, k := range c.calls {
		if s != nil && k.session == s {
			delete(c.calls, n)
		}
	}
	c.mu.Unlock()
	if s != nil {
		s.once.Do(func() { close(s.gone) })
	}
}

func (c *conn) fail(err error) {
	c.mu.Lock()
	if c.err == nil {
		c.err = err
		close(c.done)
	}
	sessions := c.sessions
	c.sessions, c.calls = map[target.SessionID]*session{}, map[int64]*call{}
	c.mu.Unlock()
	for _, s := range sessions {
		s.once.Do(func() { close(s.gone) })
	}
	c.out.close()
}

func (c *conn) close() error {
	c.fail(errors.New("the browser was closed"))
	return c.transport.Close()
}

func (c *conn) lost() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

func (c *conn) write() {
	for {
		msg, ok := c.out.pop()
		if !ok {
			return
		}
		if err := c.transport.Write(context.Background(), msg); err != nil {
			c.fail(fmt.Errorf("write to the browser: %w", err))
			return
		}
	}
}

// post queues a command. It never blocks.
func (s *session) post(method string, params any, k *call) error {
	var raw jsonv2.Value
	if params != nil {
		data, err := jsonv2.Marshal(params, chromedp.DefaultMarshalOptions)
		if err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		raw = data
	}
	// Ids must fit in 32 bits: larger ones get no answer.
	id := s.conn.next.Add(1)
	if k != nil {
		k.session = s
		s.conn.mu.Lock()
		if s.conn.err != nil {
			s.conn.mu.Unlock()
			return s.conn.err
		}
		s.conn.calls[id] = k
		s.conn.mu.Unlock()
	}
	s.conn.out.push(&cdproto.Message{ID: id, SessionID: s.id, Method: cdproto.MethodType(method), Params: raw})
	return nil
}

// Call sends a command and waits for its answer. It makes session a
// cdp.Session.
func (s *session) Call(ctx context.Context, method string, params, result any) error {
	k := &call{reply: make(chan *cdproto.Message, 1)}
	if err := s.post(method, params, k); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", method, ctx.Err())
	case <-s.gone:
		if err := s.conn.lost(); err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		return fmt.Errorf("%s: %w", method, errDetached)
	case msg := <-k.reply:
		if msg.Error != nil {
			return fmt.Errorf("%s: %w", method, msg.Error)
		}
		if result == nil || len(msg.Result) == 0 {
			return nil
		}
		if err := jsonv2.Unmarshal(msg.Result, result, chromedp.DefaultUnmarshalOptions); err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		return nil
	}
}

// Subscribe completes cdp.Session. Events go to the handler, in order, so a
// subscription has none.
func (s *session) Subscribe(string) (<-chan jsonv2.Value, func()) {
	ch := make(chan jsonv2.Value)
	close(ch)
	return ch, func() {}
}

// invoke sends a typed command and waits for its answer.
func invoke[P, R any](ctx context.Context, s *session, cmd cdp.Command[P, R], params P) (R, error) {
	return cdp.Call(ctx, s, cmd, params)
}

// send queues a typed command and does not wait.
func send[P, R any](s *session, cmd cdp.Command[P, R], params P) {
	_ = s.post(cmd.Method, params, nil) // a lost connection shows in the next call that waits
}

// sendThen queues a typed command; then is called with its answer on the
// reading goroutine and must not wait. It is not called when the target goes
// away first.
func sendThen[P, R any](s *session, cmd cdp.Command[P, R], params P, then func(R, error)) {
	_ = s.post(cmd.Method, params, &call{then: func(msg *cdproto.Message) {
		var res R
		if msg.Error != nil {
			then(res, msg.Error)
			return
		}
		then(res, decode(msg.Result, &res))
	}})
}

// decode reads the parameters of an event. Bytes that are not UTF-8 are kept.
func decode(raw jsonv2.Value, v any) error {
	if len(raw) == 0 {
		return nil
	}
	return jsonv2.Unmarshal(raw, v, chromedp.DefaultUnmarshalOptions)
}

// raw decodes with the standard library, for events whose generated type does
// not fit the protocol.
func rawDecode(params jsonv2.Value, v any) error { return json.Unmarshal(params, v) }

// queue is an unbounded queue of messages, so that the reading goroutine never
// waits for the writing one.
type queue struct {
	mu     sync.Mutex
	cond   *sync.Cond
	items  []*cdproto.Message
	closed bool
}

func newQueue() *queue {
	q := &queue{}
	q.cond = sync.NewCond(&q.mu)
	return q
}

func (q *queue) push(m *cdproto.Message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.items = append(q.items, m)
		q.cond.Signal()
	}
}

func (q *queue) pop() (*cdproto.Message, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.items) == 0 && !q.closed {
		q.cond.Wait()
	}
	if len(q.items) == 0 {
		return nil, false
	}
	m := q.items[0]
	q.items[0] = nil
	q.items = q.items[1:]
	return m, true
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.cond.Broadcast()
}
