//go:build linux

package collector_test

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

// trouble is one connection with a fault, and what is to be said of it.
type trouble struct {
	name    string
	route   route
	options lab.Options
	limits  func(*conn.Thresholds)       // other than the default ones; may be nil
	begin   func(*scene, *trouble) error // brings the fault about; may be nil
	steps   []step                       // what happens next, in turn
	expect  opinionOf                    // what is to be said, by what is known
	stages  []conn.Judgement             // each of them is to be given at one time
	orphan  bool                         // its program closes it in begin
	kept    bool                         // its program does not notice that it is dead
	patient int                          // refreshes that the opinion may be late, by its definition
	errno   syscall.Errno                // what its program finds, 0: its program closes it
	cause   conn.Cause                   // of its end
	because string                       // pattern of the evidence of its end

	near, far     *lab.Socket
	before, after testimony // what was known before and after the refresh
	gone          int       // refreshes since it ended, the first counts
	late          int       // refreshes since its peer was lost
	given         map[conn.Judgement]int
	opened, ended bool // said to be
}

// testimony is what the kernel tells of a connection to others than katop: to
// its owner, or in /proc/net/tcp where it has none. One that has ended is in
// CLOSE.
type testimony struct {
	lab.Info
	peerLost bool      // the owner of its other end, on this host, has lost that
	at       time.Time // when it was told
}

// opinion is what is to be said of a connection. A ~ in the evidence is the time
// for which it has been silent.
type opinion struct {
	conn.Judgement
	evidence string
}

// step is done before a refresh, as soon as it may be.
type step struct {
	when func(*scene, *trouble) bool
	do   func(*scene, *trouble) error
	last bool // the connection ends by it
}

// enter opens the connections, has katop meet them, and then all of the faults
// happen.
func (s *scene) enter(troubles []*trouble) {
	s.t.Helper()
	for _, x := range troubles {
		listener := s.routes[x.route]
		dialer, from := s.pool, lab.NearAddr4
		switch x.route {
		case viaRouter:
			dialer = s.leaker
		case viaLoopback:
			from = loopback4
		}
		// A port of its own: a fault is brought about for a port.
		x.options.Bind = netip.AddrPortFrom(from, troublePort+uint16(len(s.known)))
		var err error
		x.near, err = dialer.Dial(listener.Local, x.options)
		s.must(err)
		x.far, err = listener.Accept(lab.Options{})
		s.must(err)
		x.given = map[conn.Judgement]int{}
		s.known[x.near.Cookie] = x
		if x.route == viaLoopback {
			s.others[x.far.Cookie] = x
		}
	}
	s.refresh()
	for _, x := range troubles {
		if x.begin == nil {
			continue
		}
		if err := x.begin(s, x); err != nil {
			s.t.Fatalf("%s: %v", x.name, err)
		}
	}
	s.troubles = append(s.troubles, troubles...)
}

// look asks what is known before a refresh, and does what is to be done by then.
// A program that finds its connection dead closes it.
func (x *trouble) look(s *scene, proc procTable) (err error) {
	if x.gone > 0 {
		x.gone++
		return nil
	}
	if x.before, err = x.ask(proc); err != nil {
		return err
	}
	if x.before.State == "CLOSE" {
		x.gone = 1
		return x.notice()
	}
	if len(x.steps) > 0 && x.steps[0].when(s, x) {
		if err = x.step(s); err == nil && x.gone == 0 {
			x.before, err = x.ask(proc)
		}
	}
	if x.before.peerLost {
		x.late++
	}
	return err
}

func (x *trouble) step(s *scene) error {
	next := x.steps[0]
	x.steps = x.steps[1:]
	if next.last {
		x.gone = 1
	}
	return next.do(s, x)
}

// notice is what the program does that finds its connection dead.
func (x *trouble) notice() error {
	if x.orphan {
		return nil
	}
	death, err := x.near.AwaitError(time.Second)
	if err != nil {
		return fmt.Errorf("%s: %w", x.name, err)
	}
	if death.Errno != x.errno {
		return fmt.Errorf("%s: its program found %w, want %w", x.name, death.Errno, x.errno)
	}
	if x.kept {
		return nil
	}
	return x.near.Close()
}

// lookAgain asks what is known after a refresh.
func (x *trouble) lookAgain(proc procTable) (err error) {
	if x.gone == 0 {
		x.after, err = x.ask(proc)
	}
	return err
}

func (x *trouble) ask(proc procTable) (t testimony, err error) {
	if x.orphan {
		return testimony{Info: proc.info(x.near), at: time.Now()}, nil
	}
	t.at = time.Now()
	if t.Info, err = x.near.Info(); err == nil && x.route == viaLoopback {
		var other lab.Info
		other, err = x.far.Info()
		t.peerLost = other.State == "CLOSE"
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", x.name, err)
	}
	return t, err
}

// check holds what a refresh says of the connection against what is known. An
// end is told by the refresh that follows it. What only the kernel's report can
// tell may come one later: that is sent from a work queue.
func (x *trouble) check(s *scene, c *conn.Connection) {
	reported := x.errno != syscall.ETIMEDOUT || s.slow()
	switch {
	case x.gone > 0 && !x.ended && (!reported || x.gone > 1):
		s.complain("%s: it ended before refresh %d, which does not tell", x.name, s.polls+1-x.gone)
		x.ended = true
	case x.gone > 0:
	case c == nil && x.after.State != "CLOSE":
		s.complain("%s: it is not shown", x.name)
	case c != nil:
		x.checkVerdict(s, c)
	}
	if x.ended && x.gone == 0 && x.after.State != "CLOSE" {
		s.complain("%s: it is said to have ended, and is in %s", x.name, x.after.State)
	}
}

func (x *trouble) checkVerdict(s *scene, c *conn.Connection) {
	th := conn.DefaultThresholds()
	if x.limits != nil {
		x.limits(&th)
	}
	got := conn.Judge(c, &th)
	evidence := conn.Evidence(c, got, &th)
	var admitted []string
	for _, o := range x.opinions() {
		if o.Judgement == got && x.supports(o.evidence, evidence) {
			x.given[got]++
			return
		}
		admitted = append(admitted, fmt.Sprintf("%v %v %q", o.Verdict, o.Severity, o.evidence))
	}
	s.complain("%s: %v %v %q, want %s; known was %+v, and then %+v", x.name, got.Verdict, got.Severity, evidence,
		strings.Join(admitted, " or "), x.before, x.after)
}

// opinions are those that what was known before and after allows: all that lies
// between may have been so in between.
func (x *trouble) opinions() []opinion {
	// A timer may fire late, by an eighth of its time (kernel/time/timer.c), and
	// more where the host is busy.
	early := x.before
	early.Silent -= max(150*time.Millisecond, x.options.Keepalive.Idle/8)
	bases := []testimony{x.before, early}
	if x.after.State != "CLOSE" {
		bases = append(bases, x.after)
	}
	if x.before.peerLost && x.late <= x.patient {
		unnoticed := x.before
		unnoticed.peerLost = false
		bases = append(bases, unnoticed)
	}
	var all []opinion
	for _, base := range bases {
		for p := min(x.before.Probes, x.after.Probes); p <= max(x.before.Probes, x.after.Probes); p++ {
			for r := min(x.before.Retransmits, x.after.Retransmits); r <= max(x.before.Retransmits, x.after.Retransmits); r++ {
				base.Probes, base.Retransmits = p, r
				all = append(all, x.expect(x, base))
			}
		}
	}
	return all
}

// silentFor finds a time in evidence: in tenths of a second, or in seconds from
// ten on.
var silentFor = regexp.MustCompile(`^\d+(\.\d)? s`)

// supports compares a line of evidence with the one that is wanted, and the
// silence in it with that which the owner knows of.
func (x *trouble) supports(want, got string) bool {
	head, tail, timed := strings.Cut(want, "~")
	if !timed {
		return got == want
	}
	rest, ok := strings.CutPrefix(got, head)
	text := silentFor.FindString(rest)
	if !ok || text == "" || rest[len(text):] != tail {
		return false
	}
	said, err := time.ParseDuration(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		return false
	}
	if x.orphan || x.after.Silent < x.after.at.Sub(x.before.at) {
		return true // nobody can say, or it was heard meanwhile
	}
	precision := time.Second
	if strings.Contains(text, ".") {
		precision = 100 * time.Millisecond
	}
	const tick = 20 * time.Millisecond // of the kernel's clock, and to spare
	return said <= x.after.Silent+tick && said+precision >= x.before.Silent-tick
}
