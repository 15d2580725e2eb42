"""The match stage.

In the order of the data path::

    run         the stage, once or for a shift: items from the stream, the rules they satisfy, the hand-over
    watch       the alerts that an item gives, by the configuration in force
    judging     judges an item while the lease is kept, however long its text takes
    wording     the words by which an item's story is found
    candidates  alerts that have to be placed
    placement   into which message, thread, digest or surge each alert goes
    board       the channels' messages while alerts are placed one after the other
    corrections what threads say when a feed edits an item that alerted
    log         what the log says about matching

When an alert is sent (at once, after quiet hours, in a digest) is decided in `base.routing`.
"""
