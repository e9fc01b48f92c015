/* What the functions of this library return: NATIVE_OK, or the reason why nothing was done. */
#ifndef NATIVE_STATUS_H
#define NATIVE_STATUS_H

/* cffi begins */
enum native_status {
    NATIVE_OK = 0,
    NATIVE_NO_MEMORY = 1,   /* malloc returned NULL */
    NATIVE_BAD_RANGE = 2,   /* a bound or an index outside of what the object holds */
    NATIVE_BAD_LENGTH = 3,  /* a buffer of the wrong length */
    NATIVE_BAD_VALUE = 4,   /* a number that the function does not accept */
    NATIVE_UNFINISHED = 5,  /* a sieve in which some composites are not crossed off yet */
    NATIVE_BAD_OFFSETS = 6, /* word offsets that descend or do not span the text */
    NATIVE_BAD_TEXT = 7     /* a word that is not UTF-8 */
};
/* cffi ends */

#endif
