import Images
import Networks
