#!/bin/sh
# Where does CIFAR-10 come from?
#
# Puts cifar-10-binary.tar.gz into the user's cache folder, where --data-path cifar10 finds it.  The
# host can be slow, so what has arrived is kept in a .part file and the next attempt goes on from there.
# The archive takes its final name only once its size and its MD5 are right.
#
# CIFAR10_URL names another source: a mirror (http, https), a file:// address or a local file.
set -u

size=170052171
md5=c32a1d4ab5d03f1284b67883e8d87530
url=${CIFAR10_URL:-https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz}

if [ -z "${XDG_CACHE_HOME:-}${HOME:-}" ]; then
    echo "cifar10: neither XDG_CACHE_HOME nor HOME is set, so there is no cache folder to download to." >&2
    exit 1
fi
folder=${XDG_CACHE_HOME:-$HOME/.cache}/deepen
archive=$folder/cifar-10-binary.tar.gz
part=$archive.part

say() { printf '%s\n' "$*" >&2; }

again="run \`make data\` again"
other_source="get cifar-10-binary.tar.gz elsewhere and run \`make data CIFAR10_URL=/path/to/cifar-10-binary.tar.gz\` \
(a mirror's address will do, too)"
other_folder="make room there, or set XDG_CACHE_HOME to another folder, and $again"

# What went wrong, and what helps.
give_up() {
    say "cifar10: $1"
    say "CIFAR-10 is not here yet.  To have it, $2; or train on generated pictures, which need no download:" \
        "\`--data-path synthetic\`."
    exit 1
}

bytes_of() { if [ -f "$1" ]; then wc -c < "$1" | tr -d ' '; else echo 0; fi; }

md5_of() {
    if command -v md5sum > /dev/null; then md5sum < "$1" | cut -d ' ' -f 1
    elif command -v md5 > /dev/null; then md5 -q "$1"
    elif command -v openssl > /dev/null; then openssl md5 < "$1" | sed 's/.* //'
    else echo "unknown: none of md5sum, md5 and openssl is installed"
    fi
}

# Says what is wrong with a file, or nothing.
fault_of() {
    got=$(bytes_of "$1")
    if [ "$got" -ne "$size" ]; then echo "$got bytes instead of $size"; return; fi
    got=$(md5_of "$1")
    if [ "$got" != "$md5" ]; then echo "its MD5 is $got instead of $md5"; fi
}

# Less than 1 kB/s for a minute counts as a break.
with_curl() {
    curl --fail --location --progress-bar --connect-timeout 30 --speed-limit 1000 --speed-time 60 \
         --output "$part" "$@" "$url"
}

# One attempt to bring more of $url into $part.
fetch() {
    if command -v curl > /dev/null; then
        with_curl --continue-at -
        code=$?
        if [ $code -ne 33 ]; then return $code; fi
        say "cifar10: this server cannot go on in the middle of a file; starting anew."
        rm -f "$part"
        with_curl
    else
        wget --continue --tries=1 --connect-timeout=30 --read-timeout=60 --output-document="$part" "$url"
    fi
}

mkdir -p "$folder" || give_up "$folder cannot be made." "$other_folder"

# Look at what is there.
if [ -f "$archive" ]; then
    fault=$(fault_of "$archive")
    if [ -z "$fault" ]; then
        say "cifar10: $archive is there and intact."
        exit 0
    fi
    say "cifar10: $archive is damaged ($fault); removed."
    rm -f "$archive"
fi
if [ "$(bytes_of "$part")" -gt "$size" ]; then rm -f "$part"; fi
begun=$(bytes_of "$part")

# Get it.
case $url in
http://* | https://*)
    command -v curl > /dev/null || command -v wget > /dev/null ||
        give_up "neither curl nor wget is installed." "install one of them and $again; or $other_source"
    say "cifar10: downloading $url"
    while [ "$(bytes_of "$part")" -lt "$size" ]; do
        before=$(bytes_of "$part")
        if [ "$before" -gt 0 ]; then say "cifar10: going on after $before of $size bytes."; fi
        fetch && break
        # Go on for as long as each attempt brings something.
        [ "$(bytes_of "$part")" -gt "$before" ] ||
            give_up "$url cannot be downloaded; $before of $size bytes are here." \
                    "$again to go on where this attempt stopped; or $other_source"
    done
    ;;
*)
    source=${url#file://}
    [ -f "$source" ] || give_up "$source is not there." "$other_source"
    fault=$(fault_of "$source")
    [ -z "$fault" ] ||
        give_up "$source is not that archive: $fault.  (--data-path reads any archive of CIFAR-10's batch files.)" \
                "$other_source"
    say "cifar10: copying $source"
    cp "$source" "$part" || give_up "$source cannot be copied to $folder." "$other_folder"
    ;;
esac

# Believe it only now.
fault=$(fault_of "$part")
if [ -n "$fault" ]; then
    rm -f "$part"
    # A damaged beginning is gone now; what one attempt has brought from end to end would come again.
    if [ "$begun" -gt 0 ]; then help="$again to begin anew; or $other_source"; else help=$other_source; fi
    give_up "what came from $url is not the archive: $fault; removed." "$help"
fi
mv "$part" "$archive" || give_up "$archive cannot be written." "$other_folder"
say "cifar10: $archive is ready.  Train on it with --data-path cifar10."
