package outbound

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// Allow is the operator's list of addresses that calls may reach although they are not public. The zero Allow is empty.
type Allow struct {
	nets  []allowedNet
	hosts []allowedHost
}

// allowedNet is a network, or a single address; port 0 means every port.
type allowedNet struct {
	prefix netip.Prefix
	port   uint16
}

// allowedHost is a name, whatever it resolves to; port 0 means every port.
type allowedHost struct {
	name string
	port uint16
}

// AllowError says which entry of OUTBOUND_ALLOW cannot be read, and why.
type AllowError struct {
	Entry  string
	Reason string
}

// Error names the setting, the entry and what is wrong with it.
func (e *AllowError) Error() string {
	return fmt.Sprintf("%s: %q is not a CIDR, a host or a host:port: %s", AllowSetting, e.Entry, e.Reason)
}

// ParseAllow reads the value of OUTBOUND_ALLOW: CIDRs, addresses, host names, or one of the latter two with a port,
// separated by commas. A host name stands for every address it resolves to. The error is an [*AllowError].
func ParseAllow(list string) (Allow, error) {
	var a Allow
	for entry := range strings.SplitSeq(list, ",") {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		if reason := a.add(entry); reason != "" {
			return Allow{}, &AllowError{Entry: entry, Reason: reason}
		}
	}
	return a, nil
}

// add takes in one entry and returns what is wrong with it, or "".
func (a *Allow) add(entry string) string {
	if strings.Contains(entry, "/") {
		return a.addCIDR(entry)
	}
	if addr, err := netip.ParseAddr(strings.Trim(entry, "[]")); err == nil {
		return a.addAddr(addr, 0)
	}
	host, port := entry, uint16(0)
	if strings.Contains(entry, ":") {
		h, p, err := net.SplitHostPort(entry)
		if err != nil {
			return "an IPv6 address with a port is written [address]:port"
		}
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			return "the port must be a number from 1 to 65535"
		}
		host, port = h, uint16(n)
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return a.addAddr(addr, port)
	}
	name := hostName(host)
	if reason := checkHostName(name); reason != "" {
		return reason
	}
	a.hosts = append(a.hosts, allowedHost{name, port})
	return ""
}

// addCIDR takes in a network; 127.0.0.1/8 is the same as 127.0.0.0/8.
func (a *Allow) addCIDR(entry string) string {
	if strings.Contains(entry, "://") {
		return "leave out the scheme and the path of a URL"
	}
	prefix, err := netip.ParsePrefix(entry)
	if err != nil {
		return "the network must be written like 10.0.0.0/8 or fd00::/8"
	}
	a.nets = append(a.nets, allowedNet{prefix.Masked(), 0})
	return ""
}

// addAddr takes in a single address.
func (a *Allow) addAddr(addr netip.Addr, port uint16) string {
	if addr.Zone() != "" {
		return "leave out the zone of the address"
	}
	a.nets = append(a.nets, allowedNet{netip.PrefixFrom(addr, addr.BitLen()), port})
	return ""
}

// permits reports whether the list names the address, or the host (as [hostName] writes it) that led to it.
func (a *Allow) permits(host string, to netip.AddrPort) bool {
	for _, n := range a.nets {
		if (n.port == 0 || n.port == to.Port()) && n.prefix.Contains(to.Addr()) {
			return true
		}
	}
	for _, h := range a.hosts {
		if (h.port == 0 || h.port == to.Port()) && h.name == host {
			return true
		}
	}
	return false
}

// hostName brings a host into the one form in which names are compared.
func hostName(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

// checkHostName returns what is wrong with a host name of the list, or "". Names without a dot are fine.
func checkHostName(name string) string {
	if name == "" {
		return "the host is missing"
	}
	for _, r := range name {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.' {
			return fmt.Sprintf("a host name cannot contain %q; patterns are not supported, other scripts are written xn--…", r)
		}
	}
	last := name[strings.LastIndexByte(name, '.')+1:]
	if _, err := strconv.ParseUint(last, 10, 64); err == nil || last == "" {
		return "it looks like an address, but is none"
	}
	return ""
}
