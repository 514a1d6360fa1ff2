import Images
import Likeness
import Networks
