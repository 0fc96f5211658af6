package conn

import "time"

// field is one of the words that a term can begin with.
type field struct {
	name  string
	takes operators
	event bool // asks about an event, not about its connection
	parse func(op operator, value string) (alternative, *FilterError)
}

// fields are the fields of the language, in the order of docs/filter.md.
var fields = [...]field{
	{name: "proc", takes: takesIs, parse: parseProcess},
	{name: "pid", takes: takesIs, parse: parsePID},
	{name: "user", takes: takesIs, parse: parseUser},
	{name: "unit", takes: takesIs, parse: parseUnit},
	{name: "netns", takes: takesIs, parse: parseNetNS},
	{name: "state", takes: takesIs, parse: parseStateTerm},
	{name: "port", takes: takesIs, parse: portsOn(AnySide)},
	{name: "lport", takes: takesIs, parse: portsOn(LocalSide)},
	{name: "rport", takes: takesIs, parse: portsOn(RemoteSide)},
	{name: "addr", takes: takesIs, parse: addressOn(AnySide)},
	{name: "laddr", takes: takesIs, parse: addressOn(LocalSide)},
	{name: "raddr", takes: takesIs, parse: addressOn(RemoteSide)},
	{name: "ka", takes: takesIs, parse: parseKeepalive},
	{name: "verdict", takes: takesIs, parse: parseVerdictTerm},
	{name: "severity", takes: takesIs | takesComparisons, parse: parseSeverityTerm},
	{name: "timer", takes: takesIs, parse: parseTimer},
	{name: "silent", takes: takesComparisons, parse: duration(time.Second, (*Connection).SilentFor)},
	{name: "idle", takes: takesComparisons, parse: duration(time.Second, (*Connection).KeepIdle)},
	{name: "detects", takes: takesComparisons, parse: parseDetects},
	{name: "unanswered", takes: takesComparisons, parse: number((*Connection).Unanswered)},
	{name: "left", takes: takesComparisons, parse: number((*Connection).Left)},
	{name: "rtt", takes: takesComparisons, parse: duration(time.Millisecond, (*Connection).RTT)},
	{name: "retrans", takes: takesComparisons, parse: number((*Connection).Retransmitted)},
	{name: "sendq", takes: takesComparisons, parse: number((*Connection).Unacknowledged)},
	{name: "age", takes: takesComparisons, parse: duration(time.Second, (*Connection).Age)},
	{name: "event", takes: takesIs, event: true, parse: parseEventTerm},
	{name: "cause", takes: takesIs, event: true, parse: parseCauseTerm},
}

// bareWord is the field of a term that names none, anyPort that of ":443".
var (
	bareWord = field{takes: takesIs, parse: parseBareWord}
	anyPort  = field{takes: takesIs, parse: parseAnyPort}
)

func fieldNames() []string {
	names := make([]string, len(fields))
	for i := range fields {
		names[i] = fields[i].name
	}
	return names
}
