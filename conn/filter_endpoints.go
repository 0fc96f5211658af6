package conn

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// The terms that name ports and addresses.

func portsOn(side Side) func(operator, string) (alternative, *FilterError) {
	return func(_ operator, value string) (alternative, *FilterError) {
		ports, ok := parsePorts(value)
		if !ok {
			return alternative{}, &FilterError{Problem: fmt.Sprintf("%q is no port (write 443 or 8000-8100, from 1 to 65535)", value)}
		}
		return endpointAlternative(Endpoint{Side: side, Ports: ports}), nil
	}
}

// parseAnyPort reads the alternatives of ":443|:8443" and ":443|8443".
func parseAnyPort(op operator, value string) (alternative, *FilterError) {
	return portsOn(AnySide)(op, strings.TrimPrefix(value, ":"))
}

func addressOn(side Side) func(operator, string) (alternative, *FilterError) {
	return func(_ operator, value string) (alternative, *FilterError) {
		if e, ok := parseSocketAddress(value, side); ok {
			return endpointAlternative(e), nil
		}
		addr, err := netip.ParseAddr(value)
		if err != nil {
			return alternative{}, &FilterError{Problem: fmt.Sprintf("%q is no address (write 10.0.0.1, 10.0.0.0/8 or 10.0.0.1:443; no zone)", value)}
		}
		if addr.Zone() != "" {
			return alternative{}, &FilterError{Problem: fmt.Sprintf("address %q with a zone (leave %q away)", value, "%"+addr.Zone())}
		}
		addr = addr.Unmap()
		return endpointAlternative(Endpoint{Side: side, Ports: allPorts, Prefix: netip.PrefixFrom(addr, addr.BitLen())}), nil
	}
}

func endpointAlternative(e Endpoint) alternative {
	return alternative{
		endpoint: &e,
		holds:    func(c *Connection, _ *Thresholds) truth { return truthOf(e.Match(c)) },
	}
}

// parseSocketAddress reads what can be nothing else: a prefix ("10.0.0.0/8"),
// or an address with its port ("10.0.0.1:443", "[::1]:443").
func parseSocketAddress(value string, side Side) (Endpoint, bool) {
	if prefix, err := netip.ParsePrefix(value); err == nil {
		return Endpoint{Side: side, Ports: allPorts, Prefix: unmapPrefix(prefix)}, true
	}
	socket, err := netip.ParseAddrPort(value)
	if err != nil || socket.Port() == 0 || socket.Addr().Zone() != "" {
		return Endpoint{}, false
	}
	addr := socket.Addr().Unmap()
	return Endpoint{
		Side:   side,
		Ports:  [2]uint16{socket.Port(), socket.Port()},
		Prefix: netip.PrefixFrom(addr, addr.BitLen()),
	}, true
}

// unmapPrefix makes an IPv4 prefix of one inside ::ffff:0:0/96.
func unmapPrefix(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked()
}

// isAddress tells whether a word is an address although it has a colon in it.
func isAddress(word string) bool {
	if _, ok := parseSocketAddress(word, AnySide); ok {
		return true
	}
	_, err := netip.ParseAddr(word)
	return err == nil
}

// parsePorts reads "443" or "8000-8100".
func parsePorts(value string) ([2]uint16, bool) {
	from, to, isRange := strings.Cut(value, "-")
	if !isRange {
		to = from
	}
	first, err1 := strconv.ParseUint(from, 10, 16)
	last, err2 := strconv.ParseUint(to, 10, 16)
	if err1 != nil || err2 != nil || first == 0 || first > last {
		return [2]uint16{}, false
	}
	return [2]uint16{uint16(first), uint16(last)}, true
}
