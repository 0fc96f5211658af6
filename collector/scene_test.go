//go:build linux

package collector_test

import (
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

var sceneTime = flag.Duration("scene", 0, "how long TestScene begins new rounds of faults, up to four minutes; 0: it does not run")

// retries are how often Near retransmits before it gives up.
const retries = 5

// refreshEvery is from one refresh of the scene to the next.
const refreshEvery = 500 * time.Millisecond

// TestScene holds the table of verdicts against real faults, with 5,000 healthy
// connections beside them and hundreds a second that come and go. What is to be
// said of a faulty connection follows from what its own kernel tells its owner
// (getsockopt, /proc/net/tcp) right before and right after the refresh: so it is
// said within one refresh of the kernel's knowing. Nothing else is to be said of
// any other.
func TestScene(t *testing.T) {
	needLab(t)
	if *sceneTime <= 0 {
		t.Skip("needs time, a minute at least: -scene 60s, as .ci/run has it")
	}
	for _, tool := range []string{"nft", "ss"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("needs %s: %v", tool, err)
		}
	}
	s := newScene(t)
	for end := time.Now().Add(*sceneTime); ; {
		s.round()
		if !time.Now().Before(end) || t.Failed() {
			break
		}
	}
	s.finish()
}

// scene is a lab, the programs in it, and katop that watches Near.
type scene struct {
	t          *testing.T
	lab        *lab.Lab
	watch      *watch
	bystanders *bystanders
	burner     *burner
	flood      *flood // of the present round

	pool, leaker *lab.Actor // of Near: the connections with faults are theirs
	service      *lab.Actor // of Near, on loopback
	cache        *lab.Actor // of the Router, on the way to which nothing is lost
	victim       *lab.Actor // of Far, to be killed
	routes       map[route]*lab.Socket
	troubles     []*trouble          // of the present round
	known        map[uint64]*trouble // by the cookie of the end that is watched
	others       map[uint64]*trouble // by the cookie of the other end, where it is in Near

	openings                  int // of listeners
	rounds, polls, complaints int
	formats                   map[string]int // of complaints
	told                      [2]int         // ends of troubles: at once, and with the next refresh
	slowest                   time.Duration  // poll
	last                      time.Time      // refresh
	widest                    time.Duration  // from one refresh to the next
	rebooted                  bool
}

// newScene sets the limits so that what takes the kernel a quarter of an hour
// takes seconds, and starts the programs.
func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{t: t, lab: newLab(t), known: map[uint64]*trouble{}, others: map[uint64]*trouble{}, formats: map[string]int{}}
	for _, set := range []struct{ name, value string }{
		{"net.ipv4.tcp_retries2", strconv.Itoa(retries)},
		{"net.ipv4.tcp_orphan_retries", strconv.Itoa(retries)},
		{"net.ipv4.tcp_synack_retries", "60"},
		{"net.ipv4.tcp_max_tw_buckets", "100000"},
		{"net.ipv4.ip_local_port_range", fmt.Sprintf("%d %d", firstPort, lastPort)},
	} {
		s.must(s.lab.Near.SetSysctl(set.name, set.value))
	}
	// Older kernels than 6.15 have no such limit: there it all takes longer.
	if err := s.lab.Near.SetSysctl("net.ipv4.tcp_rto_max_ms", "1000"); err != nil {
		t.Log(err)
	}
	s.must(forgetfulNAT(s.lab.Router))
	s.bystanders = startBystanders(s)
	s.pool, s.leaker, s.service = startActor(t, s.lab.Near, "pool"), startActor(t, s.lab.Near, "leaker"), startActor(t, s.lab.Near, "service")
	s.cache = startActor(t, s.lab.Router, "cache")
	s.watch = watching(t, s.lab.Near)
	s.refresh()
	s.burner = startBurner(s)
	s.bystanders.startChurn(s)
	return s
}

// round lets every fault come about, the reboot of Far first: it ends whatever
// else Far has to do with.
func (s *scene) round() {
	s.rounds++
	s.troubles, s.rebooted = nil, false
	s.must(s.lab.Restore())
	s.open()
	s.enter(rebootTroubles())
	s.refreshUntil("a machine that has rebooted", func() bool { return s.rebooted })
	s.open()
	s.enter(slices.Concat(lossTroubles(), closingTroubles(), loopbackTroubles(), forgottenTroubles(), leakTroubles()))
	s.flood = startFlood(s)
	s.refreshUntil("all faults have come to their end", func() bool {
		for _, x := range s.troubles {
			if !x.ended {
				return false
			}
		}
		return s.flood.seen() && s.burner.seen()
	})
	for _, x := range s.troubles {
		x.account(s)
	}
	s.must(s.flood.end())
	s.flood = nil
}

// open starts the listeners of the round, each at a port of its own: a dead end
// of the round before, of which the other end knows nothing, is nobody's peer.
func (s *scene) open() {
	far := startActor(s.t, s.lab.Far(), "far")
	victim := startActor(s.t, s.lab.Far(), "victim")
	s.routes = map[route]*lab.Socket{}
	for r, at := range map[route]struct {
		actor *lab.Actor
		addr  netip.Addr
	}{
		viaFar: {far, lab.FarAddr4}, viaVictim: {victim, lab.FarAddr4}, viaNAT: {far, lab.FarAddr4},
		viaRouter: {s.cache, routerAddr4}, viaLoopback: {s.service, loopback4},
	} {
		listener, err := at.actor.Listen(netip.AddrPortFrom(at.addr, r.port()+uint16(s.openings)), lab.Options{})
		s.must(err)
		s.routes[r] = listener
	}
	s.openings++
	s.victim = victim
}

// refresh looks once, as katop does, and holds what it says against what others
// know.
func (s *scene) refresh() {
	s.t.Helper()
	began := time.Now()
	if !s.last.IsZero() {
		s.widest = max(s.widest, began.Sub(s.last))
	}
	s.last = began
	before := s.lookAtProc()
	for _, x := range s.troubles {
		s.must(x.look(s, before))
	}
	snapshot := s.watch.poll()
	s.slowest = max(s.slowest, snapshot.Took)
	s.polls++
	after := s.lookAtProc()
	for _, x := range s.troubles {
		s.must(x.lookAgain(after))
	}
	s.hear(snapshot.Events)
	s.judge(snapshot, before, after)
	if s.burner != nil {
		s.burner.check(s, snapshot, before, after)
	}
	if s.flood != nil {
		s.flood.check(s, snapshot, before, after)
	}
	time.Sleep(time.Until(began.Add(refreshEvery)))
}

// slow tells whether the refreshes were too far apart to meet everything that
// lasts for a second.
func (s *scene) slow() bool { return s.widest >= time.Second }

func (s *scene) refreshUntil(what string, met func() bool) {
	s.t.Helper()
	for end := time.Now().Add(time.Minute); !met(); {
		if time.Now().After(end) {
			var left []string
			for _, x := range s.troubles {
				if !x.ended {
					left = append(left, x.name)
				}
			}
			s.t.Fatalf("%s: not within a minute; still to end: %s", what, strings.Join(left, ", "))
		}
		s.refresh()
	}
}

// judge holds the verdict on every connection against what is to be said of it.
func (s *scene) judge(snapshot *conn.Snapshot, before, after procTable) {
	there := map[uint64]*conn.Connection{}
	for i := range snapshot.Connections {
		c := &snapshot.Connections[i]
		switch {
		case s.known[c.Cookie] != nil:
			there[c.Cookie] = c
		case s.others[c.Cookie] != nil: // the other end of a loopback connection, which has no fault of its own
		case s.flood.has(c): // the flood itself looks at them
		default:
			s.bystanders.judge(s, c, before.unanswered(c) || after.unanswered(c))
		}
	}
	s.bystanders.count(s)
	for _, x := range s.troubles {
		x.check(s, there[x.near.Cookie])
	}
}

// hear holds the events against what became of their connections.
func (s *scene) hear(events []conn.Event) {
	for i := range events {
		e := &events[i]
		if x := s.known[e.Connection.Cookie]; x != nil {
			x.hear(s, e)
			continue
		}
		if x := s.others[e.Connection.Cookie]; x != nil {
			x.hearOther(s, e)
			continue
		}
		s.bystanders.hear(s, e)
	}
}

// finish ends the churn, lets its last ends be told, and adds everything up.
func (s *scene) finish() {
	s.bystanders.endChurn(s)
	s.last = time.Time{} // that took its time
	for range 2 {
		s.refresh()
	}
	s.bystanders.account(s)
	s.burner.account(s)
	s.t.Logf("%d rounds of %d faults: %d ends told at once, %d with the next refresh; %d polls, the slowest took %v, at most %v apart; %d complaints",
		s.rounds, len(s.troubles), s.told[0], s.told[1], s.polls, s.slowest.Round(time.Millisecond), s.widest.Round(time.Millisecond), s.complaints)
}

// complain notes what katop said wrong, a few times: a fault that many share
// would fill the screen.
func (s *scene) complain(format string, arguments ...any) {
	s.complaints++
	s.formats[format]++
	if s.formats[format] <= 5 {
		s.t.Errorf("round %d, poll %d: "+format, append([]any{s.rounds, s.polls}, arguments...)...)
	}
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// run runs a command in a namespace.
func run(n *lab.Namespace, input string, name string, arguments ...string) error {
	cmd := exec.Command(name, arguments...)
	var out strings.Builder
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &out, &out
	p, err := n.Start(cmd)
	if err == nil {
		err = p.Wait()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("%s %s: %w", name, strings.Join(arguments, " "), err), errors.New(out.String()))
	}
	return nil
}
