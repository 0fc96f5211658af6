package conn

// Summary is a snapshot in numbers.
type Summary struct {
	ByState    [MaxState + 1]int
	BySeverity [MaxSeverity + 1]int
	ByVerdict  [maxVerdict + 1]int
	Total      int
	Coverage   Coverage
	TimeWait   TimeWaitUse // of the namespace that is fullest
}

// Coverage says how many ESTABLISHED connections would find a dead peer.
type Coverage struct {
	On, Off, Unknown int // by the state of keepalive
	Guarded          int // keepalive on, or a user timeout set
	Unguarded        int // keepalive off and no user timeout
	Undecided        int // keepalive not known, or off and the user timeout not known
}

// GuardedPercent is the share of guarded connections among those of which it is
// known, 0 to 100. It does not exist if there are none.
func (c Coverage) GuardedPercent() (float64, bool) {
	decided := c.Guarded + c.Unguarded
	if decided == 0 {
		return 0, false
	}
	return 100 * float64(c.Guarded) / float64(decided), true
}

// add counts one ESTABLISHED connection.
func (c *Coverage) add(k *Keepalive) {
	switch k.State {
	case KeepaliveOn:
		c.On++
	case KeepaliveOff:
		c.Off++
	default:
		c.Unknown++
	}
	switch {
	case k.State == KeepaliveOn || k.UserTimeout > 0:
		c.Guarded++
	case k.State == KeepaliveOff && k.ParamsKnown():
		c.Unguarded++
	default:
		c.Undecided++
	}
}

// TimeWaitUse is how many sockets a namespace holds in TIME-WAIT, of how many
// it may (tcp_max_tw_buckets). The kernel counts the stubs of FIN-WAIT-2, too
// (net/ipv4/tcp_minisocks.c, tcp_time_wait).
type TimeWaitUse struct {
	NetNS        NetNS
	Count, Limit int
	FinWait2     int // of Count, as far as the dump has shown them; TimeWaitsOf alone tells
	Known        bool
}

// Summarize counts the connections of a snapshot in one pass.
func Summarize(s *Snapshot, th *Thresholds) Summary {
	sum := Summary{Total: len(s.Connections), TimeWait: fullestTimeWait(s.Namespaces)}
	for i := range s.Connections {
		c := &s.Connections[i]
		sum.ByState[min(c.State, MaxState)]++
		j := Judge(c, th)
		sum.BySeverity[j.Severity]++
		sum.ByVerdict[j.Verdict]++
		if c.State == StateEstablished {
			sum.Coverage.add(&c.Keepalive)
		}
	}
	return sum
}

func fullestTimeWait(namespaces []Namespace) TimeWaitUse {
	var fullest TimeWaitUse
	for _, use := range timeWaitUses(namespaces) {
		if !fullest.Known || use.Count*fullest.Limit > fullest.Count*use.Limit {
			fullest = use
		}
	}
	return fullest
}

// timeWaitUses is for the namespaces of which both numbers are known.
func timeWaitUses(namespaces []Namespace) []TimeWaitUse {
	var uses []TimeWaitUse
	for i := range namespaces {
		ns := &namespaces[i]
		if !ns.Sockets.Known || !ns.Sysctls.Known || ns.Sysctls.MaxTimeWait <= 0 {
			continue
		}
		uses = append(uses, TimeWaitUse{NetNS: ns.NetNS, Count: ns.Sockets.TimeWait, Limit: ns.Sysctls.MaxTimeWait, Known: true})
	}
	return uses
}
