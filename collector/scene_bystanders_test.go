//go:build linux

package collector_test

import (
	"net/netip"
	"slices"
	"time"

	"github.com/katop/katop/conn"
)

// bystanders are the healthy connections, and the programs whose they are.
type bystanders struct {
	beat                   time.Duration
	kinds                  []kind
	keeper, answerer       *player // of the connections that stay
	churner, churnAnswerer *player // of those that come and go
	router                 *player // answers both, beyond
	churned                done

	present []int                 // by kind, in the present snapshot
	checked int                   // verdicts
	late    int                   // of them, probes that the kernel, too, counts as unanswered: this host is too busy
	ends    map[conn.Source]int   // of churned connections
	unowned int                   // of them, without an owner
	pulses  map[uint64]*heartbeat // of those that beat, by cookie
}

// heartbeat is when one was recognised, in exchanges since the first snapshot.
type heartbeat struct{ first, now, told int }

func startBystanders(s *scene) *bystanders {
	s.t.Helper()
	w := &bystanders{beat: 1500 * time.Millisecond, ends: map[conn.Source]int{}, pulses: map[uint64]*heartbeat{}}
	if *sceneTime >= 45*time.Second {
		w.beat = 5 * time.Second
	}
	w.kinds = kinds(w.beat)
	w.present = make([]int, len(w.kinds))
	var here, there []netip.AddrPort
	for i := range w.kinds {
		for _, at := range whereabouts {
			port := netip.AddrPortFrom(at.addr, kindPort+uint16(i))
			if at.addr.IsLoopback() {
				here = append(here, port)
			} else {
				there = append(there, port)
			}
		}
	}
	var coming []netip.AddrPort
	for _, port := range []uint16{clientFirst, serverFirst} {
		coming = append(coming, netip.AddrPortFrom(loopback4, port))
		there = append(there, netip.AddrPortFrom(routerAddr4, port))
	}
	there = append(there, netip.AddrPortFrom(routerAddr4, burnPort))
	start := func(at **player, far bool, p part) {
		n := s.lab.Near
		if far {
			n = s.lab.Router
		}
		var err error
		p.Beat = w.beat
		*at, err = play(n, p)
		s.must(err)
	}
	start(&w.router, true, part{Role: "answer", Listen: there})
	start(&w.answerer, false, part{Role: "answer", Listen: here})
	start(&w.churnAnswerer, false, part{Role: "answer", Listen: coming})
	start(&w.keeper, false, part{Role: "keep"})
	return w
}

func (w *bystanders) startChurn(s *scene) {
	s.t.Helper()
	var err error
	w.churner, err = play(s.lab.Near, part{Role: "churn"})
	s.must(err)
}

func (w *bystanders) endChurn(s *scene) {
	s.t.Helper()
	var err error
	w.churned, err = w.churner.end()
	s.must(err)
}

// index is which kind of healthy connections one is, if any.
func (w *bystanders) index(c *conn.Connection) (int, bool) {
	for _, port := range []uint16{c.Local.Port(), c.Remote.Port()} {
		if i := int(port) - kindPort; i >= 0 && i < len(w.kinds) {
			return i, true
		}
	}
	return 0, false
}

// judge holds the verdict on one that has no fault against what its settings
// imply. Late tells that the kernel itself counts a probe as unanswered.
func (w *bystanders) judge(s *scene, c *conn.Connection, late bool) {
	th := conn.DefaultThresholds()
	got := conn.Judge(c, &th)
	evidence := conn.Evidence(c, got, &th)
	w.checked++
	var right bool
	i, stays := w.index(c)
	switch {
	case stays && c.State == conn.StateEstablished:
		k := &w.kinds[i]
		w.present[i]++
		w.feel(s, c, k)
		right = got == k.want && k.evidence.MatchString(evidence)
	case stays:
		right = c.State == conn.StateListen && got == conn.Judgement{}
	default:
		right = slices.Contains(passing(c.State), got)
	}
	switch {
	case right:
	case got.Verdict == conn.VerdictProbing && late:
		w.late++
	default:
		s.complain("healthy, %v to %v in %v: %v %v %q, %+v %+v", c.Local, c.Remote, c.State, got.Verdict, got.Severity, evidence, c.Timer, c.TCP)
	}
	w.checkOwner(s, c)
}

// passing is what may be said of a connection without keepalive that comes and
// goes, or of what is no connection at all. While data is on its way its timer
// hides whether it has keepalive, and it may be too young to have been asked.
func passing(state conn.State) []conn.Judgement {
	switch state {
	case conn.StateEstablished:
		return []conn.Judgement{unguarded.Judgement, {}}
	case conn.StateCloseWait:
		return []conn.Judgement{judged(conn.VerdictCloseWait, conn.SeverityNotice)}
	case conn.StateSynRecv:
		return []conn.Judgement{judged(conn.VerdictEmbryonic, conn.SeverityNotice)}
	}
	return []conn.Judgement{{}}
}

// checkOwner holds the owner, where one is known, against whose the ports are.
func (w *bystanders) checkOwner(s *scene, c *conn.Connection) {
	owner, known := c.Owner()
	if !known || c.State == conn.StateListen {
		return
	}
	pid := 0
	_, healthy := w.index(c)
	local, remote := c.Local.Port(), c.Remote.Port()
	switch {
	case healthy && local < firstPort:
		pid = w.answerer.PID()
	case healthy:
		pid = w.keeper.PID()
	case local == clientFirst || local == serverFirst:
		pid = w.churnAnswerer.PID()
	case remote == clientFirst || remote == serverFirst:
		pid = w.churner.PID()
	case remote == burnPort:
		pid = s.burner.PID()
	case remote >= fullPort && remote < fullPort+100:
		pid = s.pool.PID()
	}
	if int(owner.PID) != pid || len(c.Owners) != 1 {
		s.complain("%v to %v in %v is said to be of %v, want process %d", c.Local, c.Remote, c.State, c.Owners, pid)
	}
}

// feel holds the heartbeat against the exchanges that the kernel counts.
func (w *bystanders) feel(s *scene, c *conn.Connection, k *kind) {
	if !k.beats {
		if c.Heartbeat != 0 {
			s.complain("%s, %v to %v: a heartbeat of %v", k.name, c.Local, c.Remote, c.Heartbeat)
		}
		return
	}
	h := w.pulses[c.Cookie]
	exchanges := int(c.TCP.BytesReceived) / k.bytes
	if h == nil {
		h = &heartbeat{first: exchanges}
		w.pulses[c.Cookie] = h
	}
	h.now = exchanges - h.first
	if c.Heartbeat == 0 {
		return
	}
	if h.told == 0 {
		h.told = h.now
	}
	if off := c.Heartbeat - k.every; off < -k.every*3/10 || off > k.every*3/10 {
		s.complain("%s, %v to %v: a heartbeat of %v, want %v", k.name, c.Local, c.Remote, c.Heartbeat, k.every)
	}
}

// count looks whether all of the healthy connections were there.
func (w *bystanders) count(s *scene) {
	for i := range w.kinds {
		want := 0
		for _, at := range whereabouts {
			want += w.kinds[i].connections * at.percent / 100 * at.ends
		}
		if w.present[i] != want {
			s.complain("%s: %d shown, want %d", w.kinds[i].name, w.present[i], want)
		}
		w.present[i] = 0
	}
}

// hear holds an event of one that has no fault against what it does: it stays,
// or is closed in order.
func (w *bystanders) hear(s *scene, e *conn.Event) {
	c := &e.Connection
	_, healthy := w.index(c)
	local, remote := c.Local.Port(), c.Remote.Port()
	w.checkOwner(s, c)
	switch {
	case healthy:
	case e.Kind == conn.EventOpened:
		return
	case remote >= fullPort && remote < fullPort+100 || local >= fullPort && local < fullPort+100:
		return // reset with their listener, closed by their program
	case e.Cause == conn.CauseClosed && remote == burnPort:
		s.burner.ends++
		return
	case e.Cause == conn.CauseClosed:
		w.ends[e.Source]++
		if len(c.Owners) == 0 {
			w.unowned++
		}
		return
	}
	s.complain("healthy, %v to %v: %v, %v %v: %s; last known %v %+v", c.Local, c.Remote, e.Kind, e.Cause, e.Source, e.Evidence, c.State, c.TCP)
}

// account adds up what they have done against what was told of it.
func (w *bystanders) account(s *scene) {
	told, want := w.ends[conn.SourceRead]+w.ends[conn.SourceInferred], 2*w.churned.Loopback+w.churned.Router
	if told != want {
		s.complain("%d ends told of connections that came and went, want %d", told, want)
	}
	s.t.Logf("%d verdicts on others than the faults; %d and %d connections came and went: %d ends told, %v; no snapshot held %d of them; %d late answers",
		w.checked, w.churned.Loopback, w.churned.Router, told, w.ends, w.unowned, w.late)
	within, enough := 0, 0
	for _, h := range w.pulses {
		if h.now < 6 {
			continue
		}
		enough++
		if h.told > 0 && h.told <= 6 {
			within++
		}
	}
	s.t.Logf("heartbeats of %v: %d of %d recognised within six", w.beat, within, enough)
	// Between two of them there must be a snapshot that has neither.
	if w.beat > 3*s.widest && within*10 < enough*9 {
		s.complain("only %d of %d heartbeats recognised within six", within, enough)
	}
}
