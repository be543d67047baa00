# Makes a text of JSON from bytes as od prints them, whatever they are: what is no UTF-8 becomes U+FFFD.
function put(code) {
  if (code == 34 || code == 92) printf "\\%c", code
  else if (code >= 32 && code < 127) printf "%c", code
  else if (code < 65536) printf "\\u%04x", code
  else printf "\\u%04x\\u%04x", 55296 + int((code - 65536) / 1024), 56320 + (code - 65536) % 1024
}
BEGIN {
  for (i = 0; i < 16; i++) digit[substr("0123456789abcdef", i + 1, 1)] = i
  n = 0
}
{ for (i = 1; i <= NF; i++) byte[n++] = digit[substr($i, 1, 1)] * 16 + digit[substr($i, 2, 1)] }
END {
  printf "\""
  for (at = 0; at < n; at++) {
    first = byte[at]
    more = first < 194 || first > 244 ? 0 : first < 224 ? 1 : first < 240 ? 2 : 3
    code = first - (more == 0 ? 0 : more == 1 ? 192 : more == 2 ? 224 : 240)
    good = first < 128 || more > 0
    for (k = 1; k <= more && good; k++) {
      good = at + k < n && byte[at + k] >= 128 && byte[at + k] < 192
      code = code * 64 + byte[at + k] - 128
    }
    if (more == 2 && (code < 2048 || (code >= 55296 && code < 57344))) good = 0
    if (more == 3 && (code < 65536 || code > 1114111)) good = 0
    put(good ? code : 65533)
    if (good) at += more
  }
  printf "\""
}
